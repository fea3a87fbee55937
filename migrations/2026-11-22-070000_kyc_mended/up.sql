-- Submissions that agree with their customers, and files that go with them.

ALTER TABLE kyc_submissions
    -- When the rail had changed a customer that it rejected right before the review may have begun: the answer to the
    -- submission before.
    ADD COLUMN rejected_before timestamptz;

-- Whatever changes a customer's status tells what its newest submission came to, in the statement that makes the change.
-- Jobs before submissions, as in every statement that ends a submission: so no two wait for each other.
DROP TRIGGER decisions_end_submissions ON customers;
DROP FUNCTION decisions_end_submissions;
CREATE FUNCTION submissions_follow_customers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change status_changes;
BEGIN
    SELECT * INTO change FROM status_changes d
    WHERE d.organisation_id = NEW.organisation_id AND d.env = NEW.env AND d.customer_id = NEW.id
      AND d.applied AND d.sequence = NEW.event_count;
    -- Another submission is about to come; the one before it stays as it ended.
    IF change.cause = 'submission' THEN
        RETURN NULL;
    END IF;
    DELETE FROM kyc_jobs j USING kyc_submissions s
    WHERE s.organisation_id = NEW.organisation_id AND s.env = NEW.env AND s.customer_id = NEW.id
      AND j.organisation_id = NEW.organisation_id AND j.env = NEW.env AND j.submission_id = s.id;
    UPDATE kyc_submissions s
    SET status = CASE NEW.status WHEN 'verified' THEN 'approved' WHEN 'rejected' THEN 'rejected' ELSE 'incomplete' END,
        missing = '{}', decision = change.id
    WHERE s.organisation_id = NEW.organisation_id AND s.env = NEW.env
      AND s.id = (SELECT n.id FROM kyc_submissions n
                  WHERE n.organisation_id = NEW.organisation_id AND n.env = NEW.env AND n.customer_id = NEW.id
                  ORDER BY n.id DESC LIMIT 1)
      AND CASE NEW.status
              WHEN 'closed' THEN s.status IN ('submitted', 'in_review')
              -- The rail has taken its decision back: who is pending may be submitted again.
              WHEN 'pending' THEN s.status IN ('approved', 'rejected')
              ELSE true
          END;
    RETURN NULL;
END
$$;
CREATE TRIGGER submissions_follow_customers AFTER UPDATE OF status ON customers
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION submissions_follow_customers();

-- What an ended submission came to changes with its customer's status, and with nothing else.
DROP TRIGGER kyc_submissions_end_once ON kyc_submissions;
CREATE TRIGGER kyc_submissions_end_once BEFORE UPDATE ON kyc_submissions
    FOR EACH ROW
    WHEN (OLD.status NOT IN ('submitted', 'in_review') AND NEW.decision IS NOT DISTINCT FROM OLD.decision)
    EXECUTE FUNCTION kyc_submissions_end_once();

ALTER TABLE upload_attempts
    -- Each attempt to upload a file has a number of its own while it lasts: so only so many last at once. None where
    -- nobody writes any more.
    ADD COLUMN attempt smallint CHECK (attempt BETWEEN 1 AND 4),
    ADD CONSTRAINT upload_attempts_at_once UNIQUE (organisation_id, env, file_id, attempt);

-- The bytes of a closed customer's files are for the sweeper, at once.
CREATE FUNCTION closing_discards_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO upload_attempts (organisation_id, env, object, file_id, begun_at)
    SELECT f.organisation_id, f.env, f.object, f.id, '-infinity' FROM files f
    WHERE f.organisation_id = NEW.organisation_id AND f.env = NEW.env AND f.customer_id = NEW.id
      AND f.object IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER closing_discards_files AFTER UPDATE OF status ON customers
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'closed') EXECUTE FUNCTION closing_discards_files();
INSERT INTO upload_attempts (organisation_id, env, object, file_id, begun_at)
SELECT f.organisation_id, f.env, f.object, f.id, '-infinity'
FROM files f JOIN customers c ON c.organisation_id = f.organisation_id AND c.env = f.env AND c.id = f.customer_id
WHERE c.status = 'closed' AND f.object IS NOT NULL
-- Noted before, if this step was once undone.
ON CONFLICT (organisation_id, env, object) DO NOTHING;

-- The newest submission of each customer agrees with it from the beginning.
UPDATE kyc_submissions s
SET status = CASE c.status WHEN 'verified' THEN 'approved' ELSE 'rejected' END, missing = '{}', decision = d.id
FROM customers c
JOIN LATERAL (
    SELECT n.id FROM kyc_submissions n
    WHERE n.organisation_id = c.organisation_id AND n.env = c.env AND n.customer_id = c.id
    ORDER BY n.id DESC LIMIT 1
) newest ON true
JOIN LATERAL (
    SELECT n.id FROM status_changes n
    WHERE n.organisation_id = c.organisation_id AND n.env = c.env AND n.customer_id = c.id AND n.applied
    ORDER BY n.sequence DESC LIMIT 1
) d ON true
WHERE s.organisation_id = c.organisation_id AND s.env = c.env AND s.id = newest.id
  AND (c.status = 'verified' AND s.status <> 'approved' OR c.status = 'rejected' AND s.status <> 'rejected')
  AND s.status IN ('approved', 'rejected', 'incomplete') AND s.decision IS DISTINCT FROM d.id;

-- What stands for a body is keyed from now on. What was done by then is forgotten rather than kept under its plain digest.
DELETE FROM rail_callbacks WHERE ended_at IS NOT NULL;
