-- What a decision about a customer is judged by changes with its status and its submissions, and with nothing else.

ALTER TABLE customers
    -- The number of the last event that changed the status or opened a submission; 0 before the first. Whatever was
    -- judged before that event is not applied any more.
    ADD COLUMN status_event integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT customers_status_event_has_happened CHECK (status_event BETWEEN 0 AND event_count);

UPDATE customers c SET status_event = e.last
FROM (
    SELECT organisation_id, env, customer_id, max(sequence) AS last FROM events
    WHERE event_type IN ('kyc_status_changed', 'customer_closed', 'kyc_submitted')
    GROUP BY organisation_id, env, customer_id
) e
WHERE e.organisation_id = c.organisation_id AND e.env = c.env AND e.customer_id = c.id;
