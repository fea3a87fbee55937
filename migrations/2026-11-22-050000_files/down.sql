UPDATE idempotency_keys SET subject = NULL WHERE contract = 'remittance';
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
DROP TRIGGER decisions_end_submissions ON customers;
DROP FUNCTION decisions_end_submissions;
DROP TABLE kyc_jobs, kyc_submission_files, kyc_submissions, kyc_slots, upload_attempts, files, document_keys;
DROP FUNCTION kyc_submissions_end_once, files_stay;
