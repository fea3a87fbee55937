-- Searches of any length go by one index: the trigram index knew no text shorter than three characters, and mixed tenants.
DROP INDEX customers_search;
DROP EXTENSION pg_trgm;

-- Three characters of the search text from each of its places on, its end filled up with the parting character, each after
-- the last three digits of the organisation's id. None for reservations and primary customers, which are not found.
ALTER TABLE customers ADD COLUMN search_grams tsvector;
UPDATE customers c
SET search_grams = array_to_tsvector(ARRAY(
    SELECT tail || substr(padded, place, 3)
    FROM (SELECT right(c.organisation_id::text, 3) AS tail, c.search_text || repeat(chr(31), 2) AS padded) text,
         generate_series(1, char_length(c.search_text)) place))
WHERE provisioning <> 'reserved' AND NOT is_primary;
ALTER TABLE customers ADD CONSTRAINT customers_found_have_search_grams
    CHECK ((provisioning <> 'reserved' AND NOT is_primary) = (search_grams IS NOT NULL));

-- A create pays for the index once, when it ends well. Searches read all that waits to be put into it, so little may.
CREATE INDEX customers_search ON customers USING gin (search_grams) WITH (gin_pending_list_limit = 1024) WHERE provisioning <> 'reserved';
