-- Find a query, which uses it.
UPDATE queries SET used = nextval('query_uses')
WHERE id = $1
RETURNING
    modality, level, tags, normalize, local_aet, timeout,
    (SELECT count(*) FROM query_answers WHERE query = queries.id) AS answers
