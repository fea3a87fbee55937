-- The rail's decisions: what an event tells of them, what became of every change of a status, whose decision is looked
-- for, and what the rail has called about.

ALTER TABLE events
    -- What only this type of event tells. Nothing personal.
    ADD COLUMN detail jsonb,
    ADD CONSTRAINT events_type CHECK (event_type IN (
        'customer_created', 'customer_updated', 'kyc_submitted', 'kyc_status_changed', 'customer_closed',
        'virtual_account_activated', 'virtual_account_failed', 'payout_paid', 'payout_failed'
    )),
    ADD CONSTRAINT events_tell_what_their_type_says CHECK (
        (detail IS NULL) = (event_type IN ('customer_created', 'customer_updated', 'customer_closed'))
    );

-- Every change of a status that was asked for: applied, or refused by the rules.
CREATE TABLE status_changes (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    customer_id     uuid        NOT NULL,
    -- The event's, where the change was applied.
    id              uuid        NOT NULL,
    -- Of the event that told of it, or, where it was refused, of the last event before.
    sequence        integer     NOT NULL,
    cause           text        NOT NULL CHECK (cause IN ('rail', 'submission', 'merchant', 'operator')),
    from_status     text        NOT NULL CHECK (from_status IN ('pending', 'verified', 'rejected', 'closed')),
    to_status       text        NOT NULL CHECK (to_status IN ('pending', 'verified', 'rejected', 'closed')),
    applied         boolean     NOT NULL,
    -- The customer came back, and another one had its Interac address by then.
    hold_lost       boolean     NOT NULL,
    -- Why, in our words; and what the rail itself said, sealed by the master key, with the time that it gave for it.
    rejection       text        CHECK (rejection IN (
        'document_unreadable', 'document_expired', 'document_not_accepted', 'name_mismatch', 'date_of_birth_mismatch',
        'address_not_confirmed', 'liveness_failed', 'underage', 'fraud_suspected', 'not_permitted', 'unexplained'
    )),
    reason          bytea,
    told_at         timestamptz,
    PRIMARY KEY (organisation_id, env, customer_id, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    CONSTRAINT status_changes_explain_rejections CHECK (
        (rejection IS NOT NULL) = (applied AND to_status = 'rejected')
        AND (rejection IS NOT NULL OR num_nonnulls(reason, told_at) = 0)
    ),
    CONSTRAINT status_changes_lose_holds_on_return CHECK (
        NOT hold_lost OR (applied AND from_status = 'rejected' AND to_status IN ('pending', 'verified'))
    )
);
-- What is refused again and again is recorded once.
CREATE UNIQUE INDEX status_changes_refused
    ON status_changes (organisation_id, env, customer_id, sequence, cause, from_status, to_status) WHERE NOT applied;

-- Whose decision somebody has to look for at the rail, and when. One row per customer, so nobody applies an old answer
-- after a newer one.
CREATE TABLE reviews (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    customer_id     uuid        NOT NULL,
    -- Whether a decision is still to come: it is looked for until it has.
    awaited         boolean     NOT NULL,
    -- Counts the callbacks: one that comes during a look asks for another.
    calls           integer     NOT NULL,
    -- Counts the looks that found no decision.
    looks           integer     NOT NULL DEFAULT 0,
    -- Why, in the rail's words, if a callback said so: sealed by the master key.
    reason          bytea,
    told_at         timestamptz,
    next_look_at    timestamptz NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    lease_token     uuid,
    leased_until    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, customer_id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);
CREATE INDEX reviews_due ON reviews (env, next_look_at);

-- What the rail has called about. One rail account serves all organisations of an env, so a callback belongs to none
-- until it is read.
CREATE TABLE rail_callbacks (
    env             text        NOT NULL CHECK (env IN ('test', 'live')),
    -- Stands for the body, at first as its SHA-256, later as a keyed hash: what is sent twice is kept once.
    digest          bytea       NOT NULL CHECK (octet_length(digest) = 32),
    received_at     timestamptz NOT NULL DEFAULT now(),
    -- The body, sealed under a key of its own, which the master key seals. Both go when it is done with.
    data_key        bytea,
    body            bytea,
    ended_at        timestamptz,
    -- Whether it ended because nobody here is the customer that it is about.
    given_up        boolean     NOT NULL DEFAULT false,
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_token     uuid,
    leased_until    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (env, digest),
    CONSTRAINT rail_callbacks_forget_what_is_done CHECK (
        num_nonnulls(data_key, body) = CASE WHEN ended_at IS NULL THEN 2 ELSE 0 END
        AND (ended_at IS NOT NULL OR NOT given_up)
    )
);
CREATE INDEX rail_callbacks_due ON rail_callbacks (env, next_attempt_at) WHERE ended_at IS NULL;
CREATE INDEX rail_callbacks_age ON rail_callbacks USING brin (ended_at);
