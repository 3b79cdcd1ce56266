-- Read one answer to a query.
SELECT tags FROM query_answers
WHERE query = $1 AND place = $2
