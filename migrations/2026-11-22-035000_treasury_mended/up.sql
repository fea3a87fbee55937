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
