-- Virtual accounts and payouts. Their rows are the jobs, too: who works on one, until when, and when somebody is to look at
-- it again.

-- A customer cannot be closed while a payout of it is processing, nor get one once it is closed.
ALTER TABLE customers
    ADD COLUMN processing_payouts integer NOT NULL DEFAULT 0 CHECK (processing_payouts >= 0),
    ADD CONSTRAINT customers_closed_have_no_payouts CHECK (status <> 'closed' OR processing_payouts = 0);

CREATE TABLE virtual_accounts (
    organisation_id  uuid        NOT NULL,
    env              text        NOT NULL,
    id               uuid        NOT NULL,
    customer_id      uuid        NOT NULL,
    currency         text        NOT NULL CHECK (currency IN ('GBP', 'USD', 'EUR')),
    status           text        NOT NULL CHECK (status IN ('provisioning', 'active', 'failed', 'closed')),
    -- Once the rail has told it.
    rail_account_id  text        CHECK (char_length(rail_account_id) BETWEEN 1 AND 128),
    -- A data key of its own, sealed by the master key, and number, name and bank, sealed by that.
    data_key         bytea,
    details          bytea,
    lease_token      uuid,
    leased_until     timestamptz NOT NULL DEFAULT now(),
    attempts         integer     NOT NULL DEFAULT 0,
    absence_clear_at timestamptz,
    -- Counts who wanted it looked at: what comes while somebody looks is not lost.
    hastened         integer     NOT NULL DEFAULT 0,
    -- Active accounts are due when the rail has said something of them.
    due_at           timestamptz DEFAULT now(),
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    CONSTRAINT virtual_accounts_active_are_known CHECK (
        num_nonnulls(data_key, details) = CASE status WHEN 'active' THEN 2 ELSE 0 END
        AND (status <> 'active' OR rail_account_id IS NOT NULL)
    ),
    CONSTRAINT virtual_accounts_are_due_until_they_end CHECK (
        CASE status WHEN 'provisioning' THEN due_at IS NOT NULL WHEN 'active' THEN true ELSE due_at IS NULL END
    )
-- Room in each page keeps a new version of a row beside the old one.
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX virtual_accounts_open ON virtual_accounts (organisation_id, env, customer_id, currency)
    WHERE status IN ('provisioning', 'active');
CREATE INDEX virtual_accounts_customer ON virtual_accounts (organisation_id, env, customer_id, id);
-- The rail names an account, and not whose it is: nobody is shown another customer's.
CREATE UNIQUE INDEX virtual_accounts_rail_account ON virtual_accounts (env, rail_account_id) WHERE rail_account_id IS NOT NULL;
CREATE INDEX virtual_accounts_due ON virtual_accounts (env, due_at) WHERE due_at IS NOT NULL;

CREATE TABLE payouts (
    organisation_id    uuid        NOT NULL,
    env                text        NOT NULL,
    -- The rail knows the payout by this id, too.
    id                 uuid        NOT NULL,
    customer_id        uuid        NOT NULL,
    currency           text        NOT NULL CHECK (currency IN ('CAD')),
    amount_minor       bigint      NOT NULL CHECK (amount_minor BETWEEN 1 AND 1000000000000),
    merchant_reference text        NOT NULL CHECK (char_length(merchant_reference) BETWEEN 1 AND 128),
    -- Of what was asked for, however it was spelt: what tells a repetition from another use of the reference.
    fingerprint        bytea       NOT NULL CHECK (octet_length(fingerprint) = 32),
    status             text        NOT NULL DEFAULT 'processing' CHECK (status IN ('processing', 'paid', 'failed')),
    failure            text        CHECK (failure IN (
        'insufficient_funds', 'customer_not_eligible', 'recipient_refused', 'amount_refused', 'refused', 'not_delivered'
    )),
    -- A data key of its own, sealed by the master key, and the recipient, sealed by that.
    data_key           bytea       NOT NULL,
    recipient          bytea       NOT NULL,
    -- Whether the rail was seen to have it: then it is never sent again.
    taken              boolean     NOT NULL DEFAULT false,
    lease_token        uuid,
    leased_until       timestamptz NOT NULL DEFAULT now(),
    -- While there was none, nothing was sent.
    attempts           integer     NOT NULL DEFAULT 0,
    absence_clear_at   timestamptz,
    hastened           integer     NOT NULL DEFAULT 0,
    due_at             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    CONSTRAINT payouts_merchant_reference UNIQUE (organisation_id, env, merchant_reference),
    CONSTRAINT payouts_fail_for_a_reason CHECK ((failure IS NOT NULL) = (status = 'failed'))
) WITH (fillfactor = 85);
CREATE INDEX payouts_customer ON payouts (organisation_id, env, customer_id, id);
CREATE INDEX payouts_due ON payouts (env, due_at) WHERE status = 'processing';
-- The rail names a payout, and not whose it is.
CREATE INDEX payouts_processing ON payouts (env, id) WHERE status = 'processing';

-- A payout's end is final.
CREATE FUNCTION payouts_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a payout that has ended does not change' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER payouts_end_once BEFORE UPDATE ON payouts
    FOR EACH ROW WHEN (OLD.status <> 'processing' AND (OLD.status, OLD.failure) IS DISTINCT FROM (NEW.status, NEW.failure))
    EXECUTE FUNCTION payouts_end_once();
