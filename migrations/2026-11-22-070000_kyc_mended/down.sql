DROP TRIGGER closing_discards_files ON customers;
DROP FUNCTION closing_discards_files;
ALTER TABLE upload_attempts DROP COLUMN attempt;

DROP TRIGGER kyc_submissions_end_once ON kyc_submissions;
CREATE TRIGGER kyc_submissions_end_once BEFORE UPDATE ON kyc_submissions
    FOR EACH ROW WHEN (OLD.status NOT IN ('submitted', 'in_review')) EXECUTE FUNCTION kyc_submissions_end_once();

DROP TRIGGER submissions_follow_customers ON customers;
DROP FUNCTION submissions_follow_customers;
-- A decision about a customer ends its open submission, whoever makes it, in the statement that makes it.
CREATE FUNCTION decisions_end_submissions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH ended AS (
        UPDATE kyc_submissions
        SET status = CASE NEW.status WHEN 'verified' THEN 'approved' WHEN 'rejected' THEN 'rejected' ELSE 'incomplete' END,
            decision = (SELECT d.id FROM status_changes d
                        WHERE d.organisation_id = NEW.organisation_id AND d.env = NEW.env AND d.customer_id = NEW.id
                          AND d.applied AND d.sequence = NEW.event_count)
        WHERE organisation_id = NEW.organisation_id AND env = NEW.env AND customer_id = NEW.id
          AND status IN ('submitted', 'in_review')
        RETURNING id
    )
    DELETE FROM kyc_jobs j USING ended
    WHERE j.organisation_id = NEW.organisation_id AND j.env = NEW.env AND j.submission_id = ended.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER decisions_end_submissions AFTER UPDATE OF status ON customers
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status <> 'pending') EXECUTE FUNCTION decisions_end_submissions();

ALTER TABLE kyc_submissions DROP COLUMN rejected_before;
