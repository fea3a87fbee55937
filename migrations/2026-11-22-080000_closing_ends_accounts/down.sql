DROP TRIGGER closing_ends_accounts ON customers;
DROP FUNCTION closing_ends_accounts;
