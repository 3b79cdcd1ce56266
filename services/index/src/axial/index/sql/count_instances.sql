-- How many instances there are.
SELECT count(*) FROM instances
