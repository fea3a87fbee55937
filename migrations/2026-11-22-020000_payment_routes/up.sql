-- Payment routes, and what arrived at them.

CREATE TABLE payment_routes (
    organisation_id        uuid        NOT NULL,
    env                    text        NOT NULL,
    id                     uuid        NOT NULL,
    customer_id            uuid        NOT NULL,
    name                   text        NOT NULL CHECK (char_length(name) BETWEEN 2 AND 80),
    status                 text        NOT NULL CHECK (status IN ('active', 'paused', 'archived')),
    -- Chains are numbers that every JSON reader keeps.
    origin_chain           bigint      NOT NULL CHECK (origin_chain BETWEEN 1 AND 9007199254740991),
    origin_chain_name      text        NOT NULL CHECK (char_length(origin_chain_name) BETWEEN 1 AND 64),
    origin_symbol          text        NOT NULL CHECK (char_length(origin_symbol) BETWEEN 2 AND 10),
    origin_token           text        NOT NULL CHECK (char_length(origin_token) BETWEEN 4 AND 128),
    -- Each symbol with the token that stands in the same place.
    acceptable_symbols     text[]      NOT NULL,
    acceptable_tokens      text[]      NOT NULL,
    destination_chain      bigint      NOT NULL CHECK (destination_chain BETWEEN 1 AND 9007199254740991),
    destination_chain_name text        NOT NULL CHECK (char_length(destination_chain_name) BETWEEN 1 AND 64),
    destination_symbol     text        NOT NULL CHECK (char_length(destination_symbol) BETWEEN 2 AND 10),
    destination_token      text        NOT NULL CHECK (char_length(destination_token) BETWEEN 4 AND 128),
    destination_address    text        NOT NULL CHECK (char_length(destination_address) BETWEEN 8 AND 128),
    refund_to              text        CHECK (char_length(refund_to) BETWEEN 8 AND 128),
    deposit_address        text        NOT NULL CHECK (char_length(deposit_address) BETWEEN 4 AND 128),
    relay_request          text        CHECK (char_length(relay_request) BETWEEN 1 AND 128),
    strict                 boolean     NOT NULL,
    updated_at             timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, customer_id) REFERENCES customers,
    CONSTRAINT payment_routes_tokens_have_symbols CHECK (cardinality(acceptable_symbols) = cardinality(acceptable_tokens))
);
CREATE INDEX payment_routes_customer ON payment_routes (organisation_id, env, customer_id, id);

CREATE TRIGGER payment_routes_belong_to_primary BEFORE INSERT ON payment_routes
    FOR EACH ROW WHEN (NEW.customer_id IS NULL) EXECUTE FUNCTION belongs_to_primary_customer();
CREATE TRIGGER payment_routes_counted AFTER INSERT ON payment_routes
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('1');
CREATE TRIGGER payment_routes_uncounted AFTER DELETE ON payment_routes
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('-1');

-- Archived is final, and a route stays whose it is.
CREATE FUNCTION payment_routes_keep_what_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an archived payment route stays archived, and a payment route stays its customer''s'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER payment_routes_keep_what_is_final BEFORE UPDATE ON payment_routes
    FOR EACH ROW WHEN (OLD.customer_id <> NEW.customer_id OR (OLD.status = 'archived' AND NEW.status <> 'archived'))
    EXECUTE FUNCTION payment_routes_keep_what_is_final();

CREATE TABLE route_deposits (
    organisation_id     uuid        NOT NULL,
    env                 text        NOT NULL,
    id                  uuid        NOT NULL,
    route_id            uuid        NOT NULL,
    -- The route's: a list of one customer's deposits needs no other table.
    customer_id         uuid        NOT NULL,
    -- The provider's id: what it reports twice is recorded once.
    relay_request       text        NOT NULL CHECK (char_length(relay_request) BETWEEN 1 AND 128),
    status              text        NOT NULL CHECK (status IN ('pending', 'success', 'failed')),
    -- Sums are in atomic units.
    origin_chain        bigint      NOT NULL CHECK (origin_chain BETWEEN 1 AND 9007199254740991),
    origin_symbol       text        NOT NULL CHECK (char_length(origin_symbol) BETWEEN 2 AND 10),
    amount_in           bigint      NOT NULL CHECK (amount_in BETWEEN 0 AND 1000000000000000000),
    amount_in_usd       bigint      NOT NULL CHECK (amount_in_usd BETWEEN 0 AND 1000000000000000000),
    in_transactions     text[]      NOT NULL,
    destination_chain   bigint      NOT NULL CHECK (destination_chain BETWEEN 1 AND 9007199254740991),
    destination_symbol  text        NOT NULL CHECK (char_length(destination_symbol) BETWEEN 2 AND 10),
    amount_out          bigint      NOT NULL CHECK (amount_out BETWEEN 0 AND 1000000000000000000),
    amount_out_usd      bigint      NOT NULL CHECK (amount_out_usd BETWEEN 0 AND 1000000000000000000),
    out_transactions    text[]      NOT NULL,
    deposit_transaction text        NOT NULL CHECK (char_length(deposit_transaction) BETWEEN 1 AND 128),
    failure             text        CHECK (failure IN ('payout')),
    relay_updated_at    timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, env, id),
    FOREIGN KEY (organisation_id, env, route_id) REFERENCES payment_routes,
    CONSTRAINT route_deposits_relay_request UNIQUE (organisation_id, env, relay_request),
    CONSTRAINT route_deposits_fail_for_a_reason CHECK ((failure IS NOT NULL) = (status = 'failed'))
-- Room in each page keeps a new version of a row beside the old one.
) WITH (fillfactor = 85);
CREATE INDEX route_deposits_customer ON route_deposits (organisation_id, env, customer_id, id);
CREATE INDEX route_deposits_route ON route_deposits (organisation_id, env, route_id, id);
CREATE INDEX route_deposits_pending ON route_deposits (env, organisation_id, route_id, id) WHERE status = 'pending';

CREATE FUNCTION belongs_to_customer_of_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT customer_id INTO STRICT NEW.customer_id FROM payment_routes
    WHERE organisation_id = NEW.organisation_id AND env = NEW.env AND id = NEW.route_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER route_deposits_belong_to_customer BEFORE INSERT ON route_deposits
    FOR EACH ROW EXECUTE FUNCTION belongs_to_customer_of_route();
CREATE TRIGGER route_deposits_counted AFTER INSERT ON route_deposits
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('1');
CREATE TRIGGER route_deposits_uncounted AFTER DELETE ON route_deposits
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_rows('-1');

-- A deposit's end is final, and so is what it was.
CREATE FUNCTION route_deposits_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a deposit that has ended does not change' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER route_deposits_end_once BEFORE UPDATE ON route_deposits
    FOR EACH ROW WHEN (OLD.status <> 'pending') EXECUTE FUNCTION route_deposits_end_once();
