DELETE FROM idempotency_keys WHERE contract = 'remittance' AND subject IS NOT NULL;
ALTER TABLE idempotency_keys
    DROP CONSTRAINT idempotency_keys_outcome,
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

DROP TABLE payouts, virtual_accounts;
DROP FUNCTION payouts_end_once;
ALTER TABLE customers DROP COLUMN processing_payouts;
