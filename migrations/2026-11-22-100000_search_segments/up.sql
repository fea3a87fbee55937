-- A search goes through the list by segments, from the newest on, and stops when its page is full: an index of grams knows
-- no order, and hands over all that match before the newest can be picked.
CREATE TABLE search_segments (
    organisation_id uuid   NOT NULL REFERENCES organisations,
    env             text   NOT NULL CHECK (env IN ('test', 'live')),
    -- The segment holds the customers whose ids are greater, as far as the id that the next segment follows.
    follows         uuid   NOT NULL,
    -- Each gram of its customers begins with this number, which no other segment of any tenant has.
    number          bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    PRIMARY KEY (organisation_id, env, follows)
);

-- How many customers a segment has when the next one may be opened; somewhat more by the time that it is, and twice as many
-- where creates never cease.
CREATE FUNCTION search_segment_size() RETURNS integer LANGUAGE sql IMMUTABLE RETURN 8192;

-- The first segment comes with the organisation, and holds customers of any id until there is a second.
CREATE FUNCTION organisations_have_search_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_segments (organisation_id, env, follows)
    SELECT NEW.id, env, '00000000-0000-0000-0000-000000000000' FROM unnest(ARRAY['test', 'live']) env;
    RETURN NULL;
END
$$;
CREATE TRIGGER organisations_have_search_segments AFTER INSERT ON organisations
    FOR EACH ROW EXECUTE FUNCTION organisations_have_search_segments();

CREATE FUNCTION newest_search_segment_has(size integer, of_organisation uuid, of_env text) RETURNS boolean
LANGUAGE sql STABLE RETURN EXISTS (
    SELECT FROM customers
    WHERE organisation_id = of_organisation AND env = of_env AND id > (
        SELECT follows FROM search_segments
        WHERE organisation_id = of_organisation AND env = of_env ORDER BY follows DESC LIMIT 1
    )
    ORDER BY id OFFSET size - 1 LIMIT 1
);

-- Grams as the index has them, after the number of the segment that the customer's id falls in. One call in some 500 looks
-- whether the next segment is due. Whoever opens it holds the tenant's lock alone: all who chose a segment before have
-- ended, and later ones wait; so all who chose are known, and the new segment can follow the newest of them: whatever
-- races, a customer is in the segment that its id falls in. While somebody has not ended, it is left to a later call,
-- because whoever waits for the lock holds up all who come after; only a segment of twice its size is worth that. Each
-- statement here sees what was committed when it began, because the function is volatile. A transaction that keeps
-- seeing the past (REPEATABLE READ) must not call it.
CREATE FUNCTION placed_grams(of_organisation uuid, of_env text, of_customer uuid, grams text[]) RETURNS tsvector
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    tenant bigint := hashtextextended(of_env || of_organisation, 0);
    size integer := search_segment_size();
    alone boolean := false;
BEGIN
    IF random() < 16.0 / size AND newest_search_segment_has(size, of_organisation, of_env) THEN
        alone := pg_try_advisory_xact_lock(tenant);
        IF NOT alone AND newest_search_segment_has(2 * size, of_organisation, of_env) THEN
            PERFORM pg_advisory_xact_lock(tenant);
            alone := true;
        END IF;
    END IF;
    IF NOT alone THEN
        PERFORM pg_advisory_xact_lock_shared(tenant);
    ELSIF newest_search_segment_has(size, of_organisation, of_env) THEN
        INSERT INTO search_segments (organisation_id, env, follows)
        SELECT of_organisation, of_env, id FROM customers
        WHERE organisation_id = of_organisation AND env = of_env AND NOT is_primary ORDER BY id DESC LIMIT 1;
    END IF;
    RETURN (
        SELECT array_to_tsvector(ARRAY(SELECT number || E'\x1f' || gram FROM unnest(grams) gram)) FROM search_segments
        WHERE organisation_id = of_organisation AND env = of_env AND follows < of_customer
        ORDER BY follows DESC LIMIT 1
    );
END
$$;

INSERT INTO search_segments (organisation_id, env, follows)
SELECT id, env, '00000000-0000-0000-0000-000000000000' FROM organisations, unnest(ARRAY['test', 'live']) env;
INSERT INTO search_segments (organisation_id, env, follows)
SELECT organisation_id, env, id
FROM (SELECT organisation_id, env, id, row_number() OVER (PARTITION BY organisation_id, env ORDER BY id) AS place
      FROM customers) placed
WHERE place % search_segment_size() = 0 ORDER BY organisation_id, env, id;

-- The old grams begin with three digits of the organisation's id.
DROP INDEX customers_search;
UPDATE customers c
SET search_grams = array_to_tsvector(ARRAY(
    SELECT s.number || E'\x1f' || substr(gram, 4)
    FROM unnest(tsvector_to_array(c.search_grams)) gram,
         LATERAL (SELECT number FROM search_segments
                  WHERE organisation_id = c.organisation_id AND env = c.env AND follows < c.id
                  ORDER BY follows DESC LIMIT 1) s))
WHERE search_grams IS NOT NULL;

-- For every segment that is searched the index reads all that waits to be put into it, so as little waits as PostgreSQL
-- allows: some 30 customers.
CREATE INDEX customers_search ON customers USING gin (search_grams) WITH (gin_pending_list_limit = 64)
    WHERE provisioning <> 'reserved';
