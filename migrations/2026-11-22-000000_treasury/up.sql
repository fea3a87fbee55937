-- The second contract of the same organisations and customers: Treasury keys with scopes, customers without a KYC
-- identity, the primary customer that stands for the organisation itself, and idempotency keys bound to kept answers.

ALTER TABLE api_keys
    DROP CONSTRAINT api_keys_contract_check,
    ADD CONSTRAINT api_keys_contract_check CHECK (contract IN ('remittance', 'treasury')),
    ADD COLUMN scopes text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT api_keys_scopes CHECK (
        scopes <@ ARRAY['fx:read', 'transfers:read', 'transfers:write', 'collections:read', 'collections:write']
        AND (contract = 'treasury' OR scopes = '{}')
    );

ALTER TABLE customers
    -- Stands for the organisation itself: its name and e-mail are the organisation's.
    ADD COLUMN is_primary boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT customers_provisioning_check,
    -- 'none': not for the rail, because no identity is known that it could verify.
    ADD CONSTRAINT customers_provisioning_check CHECK (provisioning IN ('reserved', 'provisioned', 'none')),
    ALTER COLUMN country DROP NOT NULL,
    ALTER COLUMN id_type DROP NOT NULL,
    ALTER COLUMN identity_hashes DROP NOT NULL,
    ADD CONSTRAINT customers_identity CHECK (
        num_nonnulls(country, id_type, identity_hashes) = CASE provisioning WHEN 'none' THEN 0 ELSE 3 END
    ),
    ALTER COLUMN reference DROP NOT NULL,
    ALTER COLUMN display_name DROP NOT NULL,
    ALTER COLUMN search_text DROP NOT NULL,
    ALTER COLUMN data_key DROP NOT NULL,
    ALTER COLUMN personal_data DROP NOT NULL,
    ADD CONSTRAINT customers_primary_is_the_organisation CHECK (
        CASE WHEN is_primary
            THEN provisioning = 'none' AND customer_type = 'business'
                 AND num_nonnulls(reference, display_name, search_text, data_key, personal_data) = 0
            ELSE num_nonnulls(reference, display_name, search_text, data_key, personal_data) = 5
        END
    ),
    ADD CONSTRAINT customers_primary_is_never_closed CHECK (NOT is_primary OR status <> 'closed'),
    ADD CONSTRAINT customers_made_by_treasury CHECK (
        provisioning <> 'none' OR is_primary
        OR (interac_email IS NULL AND char_length(display_name) BETWEEN 2 AND 120)
    );
CREATE UNIQUE INDEX customers_primary ON customers (organisation_id, env) WHERE is_primary;

-- An organisation is never without its two primary customers: they come with it, and nothing can be done to them. Their
-- ids have the organisation's own millisecond, so they are as old as it is, whenever they are made.
CREATE FUNCTION make_primary_customers(organisation uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO customers (organisation_id, env, id, provisioning, status, version, event_count, customer_type, is_primary)
    SELECT organisation, env, encode(set_byte(random, 6, get_byte(random, 6) & 15 | 112), 'hex')::uuid,
           'none', 'pending', 1, 0, 'business', true
    FROM unnest(ARRAY['test', 'live']) env,
         LATERAL (SELECT overlay(uuid_send(gen_random_uuid()) PLACING substring(uuid_send(organisation) FOR 6) FROM 1)
                  -- For each env another one.
                  WHERE env IS NOT NULL) id (random)
$$;

CREATE FUNCTION organisations_have_primary_customers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM make_primary_customers(NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER organisations_have_primary_customers AFTER INSERT ON organisations
    FOR EACH ROW EXECUTE FUNCTION organisations_have_primary_customers();

CREATE FUNCTION primary_customers_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the primary customer of an organisation cannot be changed or removed'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER primary_customers_stay BEFORE UPDATE OR DELETE ON customers
    FOR EACH ROW WHEN (OLD.is_primary) EXECUTE FUNCTION primary_customers_stay();

SELECT make_primary_customers(id) FROM organisations;

-- The Remittance contract binds a key to a customer. The Treasury contract claims it first, under a lease, and then
-- binds it to the answer that was given.
ALTER TABLE idempotency_keys
    DROP CONSTRAINT idempotency_keys_key_check,
    ADD CONSTRAINT idempotency_keys_key_check CHECK (char_length(key) BETWEEN 1 AND 255),
    ALTER COLUMN customer_id DROP NOT NULL,
    -- The id of what the operation makes; it stays the key's when a claim is taken over.
    ADD COLUMN subject uuid,
    ADD COLUMN lease_token uuid,
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN answer_status integer CHECK (answer_status BETWEEN 200 AND 299),
    -- Sealed by the master key.
    ADD COLUMN answer bytea,
    ADD CONSTRAINT idempotency_keys_outcome CHECK (
        CASE contract
            WHEN 'remittance' THEN
                customer_id IS NOT NULL AND num_nonnulls(subject, lease_token, leased_until, answer_status, answer) = 0
            WHEN 'treasury' THEN
                customer_id IS NULL AND subject IS NOT NULL
                AND num_nonnulls(lease_token, leased_until) = CASE WHEN answer IS NULL THEN 2 ELSE 0 END
                AND num_nonnulls(answer_status, answer) <> 1
            ELSE false
        END
    );
DROP INDEX idempotency_keys_customer;
CREATE INDEX idempotency_keys_customer ON idempotency_keys (organisation_id, env, customer_id)
    WHERE customer_id IS NOT NULL;
