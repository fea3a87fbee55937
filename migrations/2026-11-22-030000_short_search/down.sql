ALTER TABLE customers DROP COLUMN search_grams;
CREATE EXTENSION pg_trgm;
CREATE INDEX customers_search ON customers USING gin (search_text gin_trgm_ops) WHERE provisioning <> 'reserved';
