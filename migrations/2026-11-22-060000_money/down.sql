DELETE FROM idempotency_keys k
WHERE EXISTS (SELECT FROM payouts p WHERE p.organisation_id = k.organisation_id AND p.env = k.env AND p.id = k.subject)
   OR EXISTS (SELECT FROM virtual_accounts a
              WHERE a.organisation_id = k.organisation_id AND a.env = k.env AND a.id = k.subject);

DROP TABLE payouts, virtual_accounts;
DROP FUNCTION payouts_end_once;
ALTER TABLE customers DROP COLUMN processing_payouts;
