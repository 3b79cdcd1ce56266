-- Read the answers to a query.
SELECT tags FROM query_answers
WHERE query = $1
ORDER BY place
