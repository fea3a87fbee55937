-- What measurements need beside the service's own tables.
CREATE SCHEMA bench;

-- An id of the service's kind: a version 7 UUID of this millisecond.
CREATE FUNCTION bench.id_at(millisecond bigint, tail text) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex(millisecond), 12, '0') || '7' || substr(tail, 1, 3) || '8' || substr(tail, 4, 15))::uuid;

-- In PL/pgSQL, which a session plans once: planning SQL functions anew would weigh more than what is measured.
CREATE FUNCTION bench.new_id() RETURNS uuid LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    millisecond text := lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0');
    version_7 text := overlay(gen_random_uuid()::text PLACING '7' FROM 15);
BEGIN
    RETURN overlay(version_7 PLACING substr(millisecond, 1, 8) || '-' || substr(millisecond, 9) FROM 1 FOR 13);
END $$;

CREATE FUNCTION bench.name(n bigint) RETURNS text LANGUAGE sql IMMUTABLE
RETURN (ARRAY['Ada', 'Adaeze', 'Alan', 'Amara', 'Barbara', 'Chidi', 'Dennis', 'Donald', 'Edsger', 'Emeka', 'Folake', 'Frances',
              'Grace', 'Hassan', 'Ifeoma', 'Ingrid', 'Jean', 'Kenneth', 'Kwame', 'Lars', 'Leslie', 'Margaret', 'Ngozi', 'Niklaus',
              'Obinna', 'Peter', 'Radia', 'Robin', 'Shafi', 'Sophie', 'Tony', 'Tunde', 'Uche', 'Vera', 'Whitfield', 'Yusuf'])[1 + n % 36]
    || ' ' ||
       (ARRAY['Adeyemi', 'Allen', 'Backus', 'Bello', 'Chukwu', 'Diffie', 'Dijkstra', 'Eze', 'Floyd', 'Gray', 'Hamilton', 'Hoare',
              'Hopper', 'Ibrahim', 'Iverson', 'Jones', 'Kahan', 'Knuth', 'Lamport', 'Liskov', 'Lovelace', 'McCarthy', 'Mensah',
              'Milner', 'Minsky', 'Naur', 'Obi', 'Okafor', 'Okonkwo', 'Perlis', 'Perlman', 'Ritchie', 'Shamir', 'Smith', 'Tarjan',
              'Thompson', 'Turing', 'Wilkes', 'Wirth', 'Yao', 'Zimmermann'])[1 + (n / 36) % 41];

-- The grams of a search text, as the service works them out.
CREATE FUNCTION bench.grams(search_text text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    padded text := search_text || E'\x1f\x1f';
    grams text[] := '{}';
BEGIN
    FOR place IN 1..char_length(search_text) LOOP
        grams[place] := substr(padded, place, 3);
    END LOOP;
    RETURN grams;
END $$;

-- The segments of the search index that so many customers would have opened, created one in each millisecond from `since`.
CREATE FUNCTION bench.add_segments(organisation uuid, rows bigint, since bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO search_segments (organisation_id, env, follows)
    SELECT organisation, 'test', bench.id_at(since + n, repeat('f', 18))
    FROM generate_series(search_segment_size(), rows, search_segment_size()) n
$$;

-- One customer's sealed columns, as the service made them.
CREATE TABLE bench.real_customer (identity_hashes bytea, data_key bytea, personal_data bytea);

-- Customers number `first` to `last` of an organisation, one in each millisecond from `since`, with all that their creates
-- left behind. Their sealed columns are copies of a real customer's, as long as any but closed to the service.
CREATE FUNCTION bench.add_customers(organisation uuid, first bigint, last bigint, since bigint) RETURNS void LANGUAGE sql AS $$
    WITH person AS (
        SELECT *, reference || E'\x1f' || address || E'\x1f' || lower(name) AS search_text FROM (
            SELECT n, bench.id_at(since + n, md5(n::text || organisation)) AS id, 'user-' || lpad(n::text, 7, '0') AS reference,
                   bench.name(n) AS name, lower(replace(bench.name(n), ' ', '.')) || '.' || n || '@mail.example' AS address
            FROM generate_series(first, last) n) numbered
    ), made AS (
        INSERT INTO customers (organisation_id, env, id, reference, provisioning, rail_customer_id, status, version,
                               event_count, answered_at, customer_type, country, id_type, display_name, interac_email,
                               search_text, search_grams, identity_hashes, data_key, personal_data)
        SELECT organisation, 'test', p.id, p.reference, 'provisioned', p.id::text,
               (ARRAY['pending', 'verified', 'verified', 'verified', 'rejected'])[1 + n % 5], 1, 1, now(), 'individual', 'CA',
               'passport', p.name, p.address, p.search_text,
               placed_grams(organisation, 'test', p.id, bench.grams(p.search_text)),
               real.identity_hashes, real.data_key, real.personal_data
        FROM person p, bench.real_customer real
        RETURNING organisation_id, env, id, interac_email, status
    ), logged AS (
        INSERT INTO events (organisation_id, env, customer_id, sequence, id, event_type, interac_email, status, version, changed)
        SELECT organisation_id, env, id, 1, id, 'customer_created', interac_email, 'pending', 1, '{}' FROM made
    ), held AS (
        INSERT INTO interac_holds (organisation_id, env, address, customer_id)
        SELECT organisation_id, env, interac_email, id FROM made
    )
    INSERT INTO idempotency_keys (organisation_id, env, digest, contract, fingerprint, customer_id)
    SELECT organisation_id, env, uuid_send(id), 'remittance', sha256(id::text::bytea), id FROM made
$$;

-- Names, search texts and grams of customers to come, so that working them out is no part of what is measured.
CREATE TABLE bench.searched (n integer PRIMARY KEY, name text NOT NULL, search_text text NOT NULL, grams text[] NOT NULL);

CREATE FUNCTION bench.prepare_creates() RETURNS void LANGUAGE sql AS $$
    INSERT INTO bench.searched
    SELECT n, p.name, text.search_text, bench.grams(text.search_text)
    FROM generate_series(1, 10000) n,
         LATERAL (SELECT 'user-create-16-' || n AS reference, bench.name((random() * 1476)::bigint) AS name) p,
         LATERAL (SELECT p.reference || E'\x1f' || p.reference || '@mail.example' || E'\x1f' || lower(p.name) AS search_text) text
$$;

-- All that a create by SQL alone needs, as if the service had worked it out.
CREATE FUNCTION bench.newcomer(OUT id uuid, OUT token uuid, OUT event uuid, OUT name text, OUT address text, OUT search text,
                               OUT grams text[], OUT person bytea) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    which integer := 1 + floor(random() * 10000);
BEGIN
    id := bench.new_id();
    token := gen_random_uuid();
    event := bench.new_id();
    address := id || '@mail.example';
    person := sha256(id::text::bytea);
    SELECT s.name, s.search_text, s.grams INTO newcomer.name, search, newcomer.grams FROM bench.searched s WHERE s.n = which;
END $$;
