-- Files that show something of customers, and the submissions that hand them to the rail's reviewers.

-- The key that seals a customer's files, sealed by the master key. Destroying it erases them.
CREATE TABLE document_keys (
    organisation_id uuid  NOT NULL,
    env             text  NOT NULL,
    customer_id     uuid  NOT NULL,
    key             bytea NOT NULL,
    PRIMARY KEY (organisation_id, env, customer_id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);

CREATE TABLE files (
    organisation_id uuid   NOT NULL,
    env             text   NOT NULL,
    id              uuid   NOT NULL,
    customer_id     uuid   NOT NULL,
    category        text   NOT NULL CHECK (category IN (
        'id_document', 'id_document_back', 'proof_of_address', 'liveness_check', 'incorporation_document'
    )),
    content_type    text   NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png', 'application/pdf')),
    -- The object that holds the bytes; none until they have arrived whole.
    object          uuid,
    size            bigint CHECK (size BETWEEN 1 AND 26214400),
    sha256          bytea  CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES document_keys,
    -- A slot points here: whatever is in it is its customer's, and of its category.
    CONSTRAINT files_of_customer UNIQUE (organisation_id, env, customer_id, category, id),
    CONSTRAINT files_are_whole CHECK (num_nonnulls(object, size, sha256) IN (0, 3))
);

-- What has arrived stays as it is.
CREATE FUNCTION files_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a file that was uploaded does not change' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER files_stay BEFORE UPDATE ON files
    FOR EACH ROW WHEN (OLD.object IS NOT NULL) EXECUTE FUNCTION files_stay();

-- Objects that somebody has begun to write. They become a file's content, or are swept.
CREATE TABLE upload_attempts (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    object          uuid        NOT NULL,
    file_id         uuid        NOT NULL,
    begun_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, object),
    FOREIGN KEY (organisation_id, env, file_id) REFERENCES files
);
CREATE INDEX upload_attempts_age ON upload_attempts (begun_at);

-- What the next submission takes.
CREATE TABLE kyc_slots (
    organisation_id uuid NOT NULL,
    env             text NOT NULL,
    customer_id     uuid NOT NULL,
    slot            text NOT NULL,
    file_id         uuid NOT NULL,
    PRIMARY KEY (organisation_id, env, customer_id, slot),
    FOREIGN KEY (organisation_id, env, customer_id, slot, file_id)
        REFERENCES files (organisation_id, env, customer_id, category, id)
);

CREATE TABLE kyc_submissions (
    organisation_id uuid   NOT NULL,
    env             text   NOT NULL,
    id              uuid   NOT NULL,
    customer_id     uuid   NOT NULL,
    status          text   NOT NULL CHECK (status IN ('submitted', 'in_review', 'approved', 'rejected', 'incomplete')),
    missing         text[] NOT NULL DEFAULT '{}' CHECK (missing = '{}' OR status = 'incomplete'),
    -- The change of the customer's status that ended it.
    decision        uuid,
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    FOREIGN KEY (organisation_id, env, customer_id, decision) REFERENCES status_changes,
    CONSTRAINT kyc_submissions_are_decided_once CHECK (decision IS NULL OR status NOT IN ('submitted', 'in_review'))
);
CREATE UNIQUE INDEX kyc_submissions_open ON kyc_submissions (organisation_id, env, customer_id)
    WHERE status IN ('submitted', 'in_review');
CREATE INDEX kyc_submissions_customer ON kyc_submissions (organisation_id, env, customer_id, id);

-- What an ended submission came to is final.
CREATE FUNCTION kyc_submissions_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a submission that has ended does not change' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER kyc_submissions_end_once BEFORE UPDATE ON kyc_submissions
    FOR EACH ROW WHEN (OLD.status NOT IN ('submitted', 'in_review')) EXECUTE FUNCTION kyc_submissions_end_once();

-- The files of a submission as they were when it was made.
CREATE TABLE kyc_submission_files (
    organisation_id uuid NOT NULL,
    env             text NOT NULL,
    submission_id   uuid NOT NULL,
    slot            text NOT NULL,
    file_id         uuid NOT NULL,
    -- The rail's id of it, once the rail has its bytes.
    rail_file_id    text CHECK (char_length(rail_file_id) BETWEEN 1 AND 255),
    PRIMARY KEY (organisation_id, env, submission_id, slot),
    FOREIGN KEY (organisation_id, env, submission_id) REFERENCES kyc_submissions,
    FOREIGN KEY (organisation_id, env, file_id) REFERENCES files
);

-- One for every submission that has not reached the rail: when to work on it, and who does.
CREATE TABLE kyc_jobs (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    submission_id   uuid        NOT NULL,
    -- Whether the review may have begun.
    may_have_begun  boolean     NOT NULL DEFAULT false,
    lease_token     uuid,
    leased_until    timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, submission_id),
    FOREIGN KEY (organisation_id, env, submission_id) REFERENCES kyc_submissions
);
CREATE INDEX kyc_jobs_due ON kyc_jobs (env, due_at);

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

-- A key of the Remittance contract may be bound to more than the customer: to the file or the submission it made.
ALTER TABLE idempotency_keys
    DROP CONSTRAINT idempotency_keys_outcome,
    ADD CONSTRAINT idempotency_keys_outcome CHECK (
        CASE contract
            WHEN 'remittance' THEN
                customer_id IS NOT NULL AND num_nonnulls(lease_token, leased_until, answer_status, answer) = 0
            WHEN 'treasury' THEN
                customer_id IS NULL AND subject IS NOT NULL
                AND num_nonnulls(lease_token, leased_until) = CASE WHEN answer IS NULL THEN 2 ELSE 0 END
                AND num_nonnulls(answer_status, answer) <> 1
            ELSE false
        END
    );
