-- Swaps, the jobs that settle them, and exact counts of rows.

-- How many rows a tenant and each of its customers have in a table, kept exactly by triggers. A count is the sum of its
-- shards: writers of one tenant seldom meet in a row. Give a table with organisation_id, env and customer_id its counts
-- by two triggers like those of swaps.
CREATE TABLE row_counts (
    organisation_id uuid     NOT NULL,
    env             text     NOT NULL,
    -- The table.
    counted         text     NOT NULL,
    -- The nil UUID for the whole tenant.
    customer_id     uuid     NOT NULL,
    shard           smallint NOT NULL CHECK (shard BETWEEN 0 AND 7),
    -- Of one shard; it may fall below zero where rows are deleted.
    rows            bigint   NOT NULL,
    PRIMARY KEY (organisation_id, env, counted, customer_id, shard)
) WITH (fillfactor = 50);

-- In the order of the key, so that two statements never wait for each other.
CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    picked smallint := floor(random() * 8);
BEGIN
    INSERT INTO row_counts AS c (organisation_id, env, counted, customer_id, shard, rows)
    SELECT r.organisation_id, r.env, TG_TABLE_NAME, one.customer_id, picked, TG_ARGV[0]::bigint * count(*)
    FROM changed r, LATERAL (VALUES ('00000000-0000-0000-0000-000000000000'::uuid), (r.customer_id)) one (customer_id)
    GROUP BY r.organisation_id, r.env, one.customer_id
    ORDER BY r.organisation_id, r.env, one.customer_id
    ON CONFLICT (organisation_id, env, counted, customer_id, shard) DO UPDATE SET rows = c.rows + EXCLUDED.rows;
    RETURN NULL;
END
$$;

-- What is recorded without a customer, as by an import, belongs to the organisation's primary customer.
CREATE FUNCTION belongs_to_primary_customer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT id INTO STRICT NEW.customer_id FROM customers
    WHERE organisation_id = NEW.organisation_id AND env = NEW.env AND is_primary;
    RETURN NEW;
END
$$;

CREATE TABLE swaps (
    organisation_id     uuid        NOT NULL,
    env                 text        NOT NULL,
    id                  uuid        NOT NULL,
    customer_id         uuid        NOT NULL,
    status              text        NOT NULL CHECK (status IN (
        'awaiting_deposit', 'deposit_received', 'swapping', 'completed', 'failed', 'expired', 'cancelled'
    )),
    from_currency       text        NOT NULL CHECK (char_length(from_currency) BETWEEN 2 AND 10),
    to_currency         text        NOT NULL CHECK (char_length(to_currency) BETWEEN 2 AND 10),
    -- Sums are in atomic units, rates in millionths.
    amount              bigint      NOT NULL CHECK (amount BETWEEN 1 AND 1000000000000000),
    destination_address text        NOT NULL CHECK (destination_address ~ '^[1-9A-HJ-NP-Za-km-z]{32,64}$'),
    rate                bigint      NOT NULL CHECK (rate BETWEEN 1000 AND 1000000000),
    fee_bps             integer     NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
    deposit_address     text        NOT NULL CHECK (char_length(deposit_address) BETWEEN 4 AND 128),
    deposit_wallet      text        NOT NULL CHECK (char_length(deposit_wallet) BETWEEN 4 AND 128),
    received            bigint      CHECK (received BETWEEN 1 AND 1000000000000000),
    output              bigint      CHECK (output BETWEEN 0 AND 1000000000000000000),
    swap_transaction    text        CHECK (char_length(swap_transaction) BETWEEN 1 AND 128),
    payout_transaction  text        CHECK (char_length(payout_transaction) BETWEEN 1 AND 128),
    failure             text        CHECK (failure IN ('exchange', 'payout')),
    completed_at        timestamptz,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    CONSTRAINT swaps_know_what_their_status_says CHECK (
        (received IS NOT NULL) = (status IN ('deposit_received', 'swapping', 'completed', 'failed'))
        AND num_nonnulls(output, swap_transaction, payout_transaction, completed_at)
            = CASE status WHEN 'completed' THEN 4 ELSE 0 END
        AND (failure IS NOT NULL) = (status = 'failed')
    )
-- Room in each page keeps a new version of a row beside the old one, out of the indexes.
) WITH (fillfactor = 85);
CREATE INDEX swaps_customer ON swaps (organisation_id, env, customer_id, id);

CREATE TRIGGER swaps_belong_to_primary BEFORE INSERT ON swaps
    FOR EACH ROW WHEN (NEW.customer_id IS NULL) EXECUTE FUNCTION belongs_to_primary_customer();
CREATE TRIGGER swaps_counted AFTER INSERT ON swaps
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('1');
CREATE TRIGGER swaps_uncounted AFTER DELETE ON swaps
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('-1');

-- One for every swap that is not final: when to look after it, and who does.
CREATE TABLE swap_jobs (
    organisation_id   uuid        NOT NULL,
    env               text        NOT NULL,
    swap_id           uuid        NOT NULL,
    -- The way that a caller wants it to go, in test.
    simulated_outcome text        CHECK (simulated_outcome IN ('completed', 'failed')),
    simulated_amount  bigint      CHECK (simulated_amount BETWEEN 1 AND 1000000000000000),
    lease_token       uuid,
    leased_until      timestamptz NOT NULL DEFAULT now(),
    attempts          integer     NOT NULL DEFAULT 0,
    due_at            timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, env, swap_id),
    FOREIGN KEY (organisation_id, env, swap_id) REFERENCES swaps,
    CHECK (simulated_amount IS NULL OR simulated_outcome IS NOT NULL)
);
CREATE INDEX swap_jobs_due ON swap_jobs (env, due_at);
