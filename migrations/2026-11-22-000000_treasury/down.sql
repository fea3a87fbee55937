-- What only the Treasury contract knows goes with it.
DROP TRIGGER primary_customers_stay ON customers;
DROP TRIGGER organisations_have_primary_customers ON organisations;
DROP FUNCTION primary_customers_stay();
DROP FUNCTION organisations_have_primary_customers();
DROP FUNCTION make_primary_customers(uuid);

DELETE FROM idempotency_keys WHERE contract = 'treasury';
DROP INDEX idempotency_keys_customer;
CREATE INDEX idempotency_keys_customer ON idempotency_keys (organisation_id, env, customer_id);
ALTER TABLE idempotency_keys
    DROP CONSTRAINT idempotency_keys_outcome,
    DROP COLUMN answer,
    DROP COLUMN answer_status,
    DROP COLUMN leased_until,
    DROP COLUMN lease_token,
    DROP COLUMN subject,
    ALTER COLUMN customer_id SET NOT NULL,
    DROP CONSTRAINT idempotency_keys_key_check,
    ADD CONSTRAINT idempotency_keys_key_check CHECK (octet_length(key) BETWEEN 1 AND 255);

DELETE FROM events e USING customers c
WHERE c.provisioning = 'none' AND e.organisation_id = c.organisation_id AND e.env = c.env AND e.customer_id = c.id;
DELETE FROM customers WHERE provisioning = 'none';
DROP INDEX customers_primary;
ALTER TABLE customers
    DROP CONSTRAINT customers_made_by_treasury,
    DROP CONSTRAINT customers_primary_is_never_closed,
    DROP CONSTRAINT customers_primary_is_the_organisation,
    DROP CONSTRAINT customers_identity,
    ALTER COLUMN personal_data SET NOT NULL,
    ALTER COLUMN data_key SET NOT NULL,
    ALTER COLUMN search_text SET NOT NULL,
    ALTER COLUMN display_name SET NOT NULL,
    ALTER COLUMN reference SET NOT NULL,
    ALTER COLUMN identity_hashes SET NOT NULL,
    ALTER COLUMN id_type SET NOT NULL,
    ALTER COLUMN country SET NOT NULL,
    DROP CONSTRAINT customers_provisioning_check,
    ADD CONSTRAINT customers_provisioning_check CHECK (provisioning IN ('reserved', 'provisioned')),
    DROP COLUMN is_primary;

DELETE FROM api_keys WHERE contract = 'treasury';
ALTER TABLE api_keys
    DROP CONSTRAINT api_keys_scopes,
    DROP COLUMN scopes,
    DROP CONSTRAINT api_keys_contract_check,
    ADD CONSTRAINT api_keys_contract_check CHECK (contract IN ('remittance'));
