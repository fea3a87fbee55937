-- Keys and unique constraints begin with the organisation, so that the schema can be distributed by organisation later.
-- The exceptions, each global by nature: API keys (found by digest), rail customer ids and persons under reservation
-- (one rail account serves all organisations of an env).

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- What this installation is, in one row.
CREATE TABLE installation (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Sealed by the master key: a wrong master key cannot open it, and the service refuses to start.
    hash_key         bytea   NOT NULL,
    -- The in-process sandbox rail whose customers this database knows.
    sandbox_id       uuid,
    -- Counts every change that may take a right away from a key.
    revocation_epoch bigint  NOT NULL DEFAULT 0
);

CREATE TABLE organisations (
    id                  uuid    PRIMARY KEY,
    name                text    NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    email               text    NOT NULL CHECK (octet_length(email) <= 254),
    suspended           boolean NOT NULL,
    remittances_enabled boolean NOT NULL
);

CREATE TABLE api_keys (
    digest           bytea  PRIMARY KEY CHECK (octet_length(digest) = 32),
    id               uuid   NOT NULL UNIQUE,
    organisation_id  uuid   NOT NULL REFERENCES organisations,
    env              text   NOT NULL CHECK (env IN ('test', 'live')),
    contract         text   NOT NULL CHECK (contract IN ('remittance')),
    prefix           text   NOT NULL,
    last_four        text   NOT NULL CHECK (char_length(last_four) = 4),
    allowed_networks cidr[] NOT NULL,
    expires_at       timestamptz,
    revoked_at       timestamptz
);
CREATE INDEX api_keys_organisation ON api_keys (organisation_id, id);

CREATE TABLE customers (
    organisation_id  uuid    NOT NULL REFERENCES organisations,
    env              text    NOT NULL CHECK (env IN ('test', 'live')),
    id               uuid    NOT NULL,
    reference        text    NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 128),
    -- 'reserved' rows are invisible: the rail has not taken them yet.
    provisioning     text    NOT NULL CHECK (provisioning IN ('reserved', 'provisioned')),
    rail_customer_id text    CHECK (char_length(rail_customer_id) BETWEEN 1 AND 128),
    status           text    NOT NULL CHECK (status IN ('pending', 'verified', 'rejected', 'closed')),
    version          integer NOT NULL CHECK (version >= 1),
    event_count      integer NOT NULL CHECK (event_count >= 0),
    -- When the one 201 was given away.
    answered_at      timestamptz,
    customer_type    text    NOT NULL CHECK (customer_type IN ('individual', 'business')),
    country          text    NOT NULL CHECK (country IN ('NG', 'CA', 'GB', 'US')),
    id_type          text    NOT NULL,
    display_name     text    NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 201),
    interac_email    text    CHECK (octet_length(interac_email) <= 254),
    -- Reference, interac e-mail and display name, lower-cased, parted by a character that nobody can search for.
    search_text      text    NOT NULL,
    -- One keyed hash of 16 bytes for each identity field: what tells a replay from a conflict.
    identity_hashes  bytea   NOT NULL CHECK (octet_length(identity_hashes) = 144),
    -- The customer's own data key, sealed by the master key. Destroying it erases the person.
    data_key         bytea   NOT NULL,
    -- The personal data, sealed by the data key.
    personal_data    bytea   NOT NULL,
    PRIMARY KEY (organisation_id, env, id),
    CONSTRAINT customers_reference UNIQUE (organisation_id, env, reference),
    CONSTRAINT customers_provisioned_have_rail_id CHECK ((provisioning = 'provisioned') = (rail_customer_id IS NOT NULL))
-- Room in each page keeps a new version of a row beside the old one, out of the indexes.
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX customers_rail_customer ON customers (env, rail_customer_id) WHERE rail_customer_id IS NOT NULL;
CREATE INDEX customers_status ON customers (organisation_id, env, status, id);
-- Reservations are not found, so a create pays for the index once, when it ends well.
CREATE INDEX customers_search ON customers USING gin (search_text gin_trgm_ops) WHERE provisioning <> 'reserved';

-- Open reservations: who works on them, and until when nobody can know what the rail did.
CREATE TABLE reservations (
    organisation_id  uuid        NOT NULL,
    env              text        NOT NULL,
    customer_id      uuid        NOT NULL,
    -- A keyed hash of e-mail and document number: one reservation per person and env, across all organisations.
    person           bytea       NOT NULL CHECK (octet_length(person) = 32),
    lease_token      uuid        NOT NULL,
    leased_until     timestamptz NOT NULL,
    absence_clear_at timestamptz,
    -- For the reconciler: how often it tried, and when it may try again.
    attempts         integer     NOT NULL DEFAULT 0,
    next_attempt_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, customer_id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);
CREATE UNIQUE INDEX reservations_person ON reservations (env, person);
CREATE INDEX reservations_due ON reservations (env, next_attempt_at);

-- Who holds an address for Interac transfers.
CREATE TABLE interac_holds (
    organisation_id uuid NOT NULL,
    env             text NOT NULL,
    address         text NOT NULL,
    customer_id     uuid NOT NULL,
    PRIMARY KEY (organisation_id, env, address),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);
CREATE UNIQUE INDEX interac_holds_customer ON interac_holds (organisation_id, env, customer_id);

CREATE TABLE idempotency_keys (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    contract        text        NOT NULL,
    -- Method, route and path id.
    scope           text        NOT NULL,
    key             text        NOT NULL CHECK (octet_length(key) BETWEEN 1 AND 255),
    fingerprint     bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- The outcome: the customer that the request made or changed.
    customer_id     uuid        NOT NULL,
    bound_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, contract, scope, key),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);
CREATE INDEX idempotency_keys_age ON idempotency_keys USING brin (bound_at);
CREATE INDEX idempotency_keys_customer ON idempotency_keys (organisation_id, env, customer_id);

-- Contact data that the rail has not been told yet. One row per customer: later amendments join it, in order.
CREATE TABLE contact_changes (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    customer_id     uuid        NOT NULL,
    fields          text[]      NOT NULL,
    -- The customer's version whose data is to be sent.
    version         integer     NOT NULL,
    lease_token     uuid,
    leased_until    timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, customer_id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);
CREATE INDEX contact_changes_due ON contact_changes (env, next_attempt_at);

-- Changes that the rail refused: they hold here, and operators settle them with the rail.
CREATE TABLE refused_changes (
    organisation_id uuid        NOT NULL,
    env             text        NOT NULL,
    customer_id     uuid        NOT NULL,
    field           text        NOT NULL,
    refused_at      timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, env, customer_id, field),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);

-- The append-only log.
CREATE TABLE events (
    organisation_id uuid    NOT NULL,
    env             text    NOT NULL,
    customer_id     uuid    NOT NULL,
    sequence        integer NOT NULL CHECK (sequence >= 1),
    id              uuid    NOT NULL,
    event_type      text    NOT NULL,
    -- The customer as it was then; names of changed fields.
    interac_email   text,
    status          text    NOT NULL,
    version         integer NOT NULL,
    changed         text[]  NOT NULL,
    PRIMARY KEY (organisation_id, env, customer_id, sequence),
    CONSTRAINT events_id UNIQUE (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers
);
