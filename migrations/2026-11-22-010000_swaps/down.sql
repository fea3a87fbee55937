DROP TABLE swap_jobs, swaps, row_counts;
DROP FUNCTION belongs_to_primary_customer, count_rows;
