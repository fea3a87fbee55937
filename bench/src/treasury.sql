-- One payment route of each of the organisation's customers.
CREATE FUNCTION bench.add_routes(organisation uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO payment_routes (organisation_id, env, id, customer_id, name, status, origin_chain, origin_chain_name,
                                origin_symbol, origin_token, acceptable_symbols, acceptable_tokens, destination_chain,
                                destination_chain_name, destination_symbol, destination_token, destination_address,
                                deposit_address, strict, updated_at)
    SELECT organisation, env, id, id, 'Supplier', 'active', 1, 'Ethereum', 'USDC', '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
           '{}', '{}', 137, 'Polygon', 'USDC', '0x3c499c542cef5e3811e1192ce70d8cc03d5c3359',
           '0x71c7656ec7ab88b098defb751b7401b5f6d8976f', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed', false, now()
    FROM customers WHERE organisation_id = organisation AND env = 'test' AND NOT is_primary
$$;

-- Completed swaps and deposits number `first` to `last`, one of each in each millisecond from `since`, of the customers in
-- turn. An id says nothing of them but when they were recorded; the service's own are no different.
CREATE FUNCTION bench.add_transactions(organisation uuid, first bigint, last bigint, since bigint) RETURNS void LANGUAGE sql AS $$
    WITH holder AS MATERIALIZED (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM customers
        WHERE organisation_id = organisation AND env = 'test' AND NOT is_primary
    ), numbered AS MATERIALIZED (
        SELECT n, h.id AS holder, bench.id_at(since + n, md5('swap' || n)) AS swap, bench.id_at(since + n, md5('deposit' || n)) AS deposit
        FROM generate_series(first, last) n JOIN holder h ON h.place = n % (SELECT count(*) FROM holder)
    ), swapped AS (
        INSERT INTO swaps (organisation_id, env, id, customer_id, status, from_currency, to_currency, amount,
                           destination_address, rate, fee_bps, deposit_address, deposit_wallet, received, output,
                           swap_transaction, payout_transaction, completed_at, updated_at)
        SELECT organisation, 'test', swap, holder, 'completed', 'USDC', 'EURC', 1000000 + n, repeat('1', 44), 920000, 30,
               repeat('2', 44), repeat('3', 44), 1000000 + n, 920000 + n, repeat('4', 88), repeat('5', 88), now(), now()
        FROM numbered
    )
    INSERT INTO route_deposits (organisation_id, env, id, route_id, relay_request, status, origin_chain, origin_symbol,
                                amount_in, amount_in_usd, in_transactions, destination_chain, destination_symbol,
                                amount_out, amount_out_usd, out_transactions, deposit_transaction, relay_updated_at)
    SELECT organisation, 'test', deposit, holder, deposit::text, 'success', 1, 'USDC', 1000000 + n, 1000000 + n,
           ARRAY[repeat('6', 66)], 137, 'USDC', 1000000 + n, 1000000 + n, ARRAY[repeat('7', 66)], repeat('6', 66), now()
    FROM numbered
$$;
