-- What a strict look at the Treasury API mended.

-- Callers put anything into an idempotency key, and a path may be of any length: what is stored is a keyed hash of tenant,
-- contract, method, path and key. The keys that lie here cannot be hashed without the installation's hash key, and none of
-- them is older than this schema's first release: they are forgotten.
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    digest          bytea       NOT NULL CHECK (octet_length(digest) = 16),
    contract        text        NOT NULL,
    fingerprint     bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- The Remittance contract binds a key to a customer.
    customer_id     uuid,
    -- When it was bound; of a claim, when its subject was given.
    bound_at        timestamptz NOT NULL DEFAULT now(),
    -- The Treasury contract claims a key first, under a lease, for something that is to have this id, and then binds it to
    -- the answer that was given.
    subject         uuid,
    lease_token     uuid,
    leased_until    timestamptz,
    answer_status   integer     CHECK (answer_status BETWEEN 200 AND 299),
    -- Sealed by the master key.
    answer          bytea,
    PRIMARY KEY (organisation_id, env, digest),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    CONSTRAINT idempotency_keys_outcome CHECK (
        CASE contract
            WHEN 'remittance' THEN
                customer_id IS NOT NULL AND num_nonnulls(subject, lease_token, leased_until, answer_status, answer) = 0
            WHEN 'treasury' THEN
                customer_id IS NULL AND subject IS NOT NULL
                AND num_nonnulls(lease_token, leased_until) = CASE WHEN answer IS NULL THEN 2 ELSE 0 END
                AND num_nonnulls(answer_status, answer) <> 1
            ELSE false
        END
    )
);
CREATE INDEX idempotency_keys_age ON idempotency_keys USING brin (bound_at);
CREATE INDEX idempotency_keys_customer ON idempotency_keys (organisation_id, env, customer_id)
    WHERE customer_id IS NOT NULL;

-- Counts of customers, and of one payment route's deposits: no list counts its rows. The nil UUID still stands for the whole
-- tenant.
ALTER TABLE row_counts RENAME COLUMN customer_id TO of_id;
-- Each session has a shard of its own, as far as they go.
ALTER TABLE row_counts
    DROP CONSTRAINT row_counts_shard_check,
    ADD CONSTRAINT row_counts_shard_check CHECK (shard BETWEEN 0 AND 31);

CREATE OR REPLACE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts AS c (organisation_id, env, counted, of_id, shard, rows)
    SELECT r.organisation_id, r.env, TG_TABLE_NAME, one.of_id, pg_backend_pid() % 32, TG_ARGV[0]::bigint * count(*)
    FROM changed r, LATERAL (VALUES ('00000000-0000-0000-0000-000000000000'::uuid), (r.customer_id)) one (of_id)
    GROUP BY r.organisation_id, r.env, one.of_id
    ORDER BY r.organisation_id, r.env, one.of_id
    ON CONFLICT (organisation_id, env, counted, of_id, shard) DO UPDATE SET rows = c.rows + EXCLUDED.rows;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_deposits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts AS c (organisation_id, env, counted, of_id, shard, rows)
    SELECT r.organisation_id, r.env, TG_TABLE_NAME, one.of_id, pg_backend_pid() % 32, TG_ARGV[0]::bigint * count(*)
    FROM changed r,
         LATERAL (VALUES ('00000000-0000-0000-0000-000000000000'::uuid), (r.customer_id), (r.route_id)) one (of_id)
    GROUP BY r.organisation_id, r.env, one.of_id
    ORDER BY r.organisation_id, r.env, one.of_id
    ON CONFLICT (organisation_id, env, counted, of_id, shard) DO UPDATE SET rows = c.rows + EXCLUDED.rows;
    RETURN NULL;
END
$$;
DROP TRIGGER route_deposits_counted ON route_deposits;
DROP TRIGGER route_deposits_uncounted ON route_deposits;
CREATE TRIGGER route_deposits_counted AFTER INSERT ON route_deposits
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_deposits('1');
CREATE TRIGGER route_deposits_uncounted AFTER DELETE ON route_deposits
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_deposits('-1');
INSERT INTO row_counts (organisation_id, env, counted, of_id, shard, rows)
SELECT organisation_id, env, 'route_deposits', route_id, 0, count(*) FROM route_deposits GROUP BY 1, 2, 4;

-- A reservation counts when it becomes a customer: that is one row at a time.
CREATE FUNCTION count_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts AS c (organisation_id, env, counted, of_id, shard, rows)
    SELECT r.organisation_id, r.env, TG_TABLE_NAME, '00000000-0000-0000-0000-000000000000'::uuid, pg_backend_pid() % 32,
           TG_ARGV[0]::bigint * count(*)
    FROM changed r WHERE r.provisioning <> 'reserved'
    GROUP BY r.organisation_id, r.env
    ORDER BY r.organisation_id, r.env
    ON CONFLICT (organisation_id, env, counted, of_id, shard) DO UPDATE SET rows = c.rows + EXCLUDED.rows;
    RETURN NULL;
END
$$;
CREATE FUNCTION count_provisioned_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO row_counts AS c (organisation_id, env, counted, of_id, shard, rows)
    VALUES (NEW.organisation_id, NEW.env, TG_TABLE_NAME, '00000000-0000-0000-0000-000000000000',
            pg_backend_pid() % 32, 1)
    ON CONFLICT (organisation_id, env, counted, of_id, shard) DO UPDATE SET rows = c.rows + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER customers_counted AFTER INSERT ON customers
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_customers('1');
CREATE TRIGGER customers_uncounted AFTER DELETE ON customers
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_customers('-1');
CREATE TRIGGER customers_provisioned AFTER UPDATE OF provisioning ON customers
    FOR EACH ROW WHEN (OLD.provisioning = 'reserved' AND NEW.provisioning <> 'reserved')
    EXECUTE FUNCTION count_provisioned_customer();
INSERT INTO row_counts (organisation_id, env, counted, of_id, shard, rows)
SELECT organisation_id, env, 'customers', '00000000-0000-0000-0000-000000000000'::uuid, 0, count(*)
FROM customers WHERE provisioning <> 'reserved' GROUP BY 1, 2;

-- A pending deposit has paid nothing out yet.
UPDATE route_deposits SET amount_out = 0, amount_out_usd = 0, out_transactions = '{}' WHERE status = 'pending';
ALTER TABLE route_deposits ADD CONSTRAINT route_deposits_pay_out_at_their_end CHECK (
    status <> 'pending' OR (amount_out = 0 AND amount_out_usd = 0 AND out_transactions = '{}')
);

-- Whoever records an open swap, an import too, has it settled.
CREATE FUNCTION open_swaps_have_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO swap_jobs (organisation_id, env, swap_id, due_at)
    SELECT organisation_id, env, id, now() FROM changed
    WHERE status IN ('awaiting_deposit', 'deposit_received', 'swapping')
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER open_swaps_have_jobs AFTER INSERT ON swaps
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION open_swaps_have_jobs();
INSERT INTO swap_jobs (organisation_id, env, swap_id, due_at)
SELECT organisation_id, env, id, now() FROM swaps
WHERE status IN ('awaiting_deposit', 'deposit_received', 'swapping')
ON CONFLICT DO NOTHING;
