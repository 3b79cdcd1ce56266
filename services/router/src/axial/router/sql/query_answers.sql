-- Read some of the answers to a query, from a place on.
SELECT tags FROM query_answers
WHERE query = $1 AND place >= $2
ORDER BY place
LIMIT $3
