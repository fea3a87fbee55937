DROP INDEX customers_search;
UPDATE customers c
SET search_grams = array_to_tsvector(ARRAY(
    SELECT right(c.organisation_id::text, 3) || substr(gram, strpos(gram, E'\x1f') + 1)
    FROM unnest(tsvector_to_array(c.search_grams)) gram))
WHERE search_grams IS NOT NULL;
CREATE INDEX customers_search ON customers USING gin (search_grams) WITH (gin_pending_list_limit = 1024)
    WHERE provisioning <> 'reserved';

DROP TRIGGER organisations_have_search_segments ON organisations;
DROP FUNCTION placed_grams, newest_search_segment_has, organisations_have_search_segments, search_segment_size;
DROP TABLE search_segments;
