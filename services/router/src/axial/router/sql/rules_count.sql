-- How many rules were PUT.
SELECT count(*) FROM rules
