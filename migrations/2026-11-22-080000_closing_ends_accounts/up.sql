-- A customer that is closed has no open account. Its accounts are closed in the statement that closes it, whoever sends
-- that; whoever is just looking after one has lost its lease.
CREATE FUNCTION closing_ends_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE virtual_accounts
    SET status = 'closed', data_key = NULL, details = NULL, lease_token = NULL, leased_until = now(),
        absence_clear_at = NULL, due_at = NULL
    WHERE organisation_id = NEW.organisation_id AND env = NEW.env AND customer_id = NEW.id
      AND status IN ('provisioning', 'active');
    RETURN NULL;
END
$$;
CREATE TRIGGER closing_ends_accounts AFTER UPDATE OF status ON customers
    FOR EACH ROW WHEN (OLD.status <> NEW.status AND NEW.status = 'closed') EXECUTE FUNCTION closing_ends_accounts();

UPDATE virtual_accounts a
SET status = 'closed', data_key = NULL, details = NULL, lease_token = NULL, leased_until = now(),
    absence_clear_at = NULL, due_at = NULL
FROM customers c
WHERE c.organisation_id = a.organisation_id AND c.env = a.env AND c.id = a.customer_id AND c.status = 'closed'
  AND a.status IN ('provisioning', 'active');
