DROP TABLE events, idempotency_keys, interac_holds, reservations, customers, api_keys, organisations, installation;
DROP EXTENSION pg_trgm;
