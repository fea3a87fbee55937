DROP TABLE route_deposits, payment_routes;
DROP FUNCTION belongs_to_customer_of_route, payment_routes_keep_what_is_final, route_deposits_end_once;
DELETE FROM row_counts WHERE counted IN ('payment_routes', 'route_deposits');
