DROP TABLE events, refused_changes, contact_changes, idempotency_keys, interac_holds, reservations, customers, api_keys, organisations, installation;
DROP EXTENSION pg_trgm;
