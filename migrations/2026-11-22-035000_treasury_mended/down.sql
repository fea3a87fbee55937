-- A hash does not tell its key: the keys are forgotten.
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    contract        text        NOT NULL,
    -- Method, route and path id.
    scope           text        NOT NULL,
    key             text        NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    fingerprint     bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    customer_id     uuid,
    bound_at        timestamptz NOT NULL DEFAULT now(),
    subject         uuid,
    lease_token     uuid,
    leased_until    timestamptz,
    answer_status   integer     CHECK (answer_status BETWEEN 200 AND 299),
    answer          bytea,
    PRIMARY KEY (organisation_id, env, contract, scope, key),
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
