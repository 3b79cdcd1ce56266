-- Keep a query.
INSERT INTO queries (id, used, modality, level, tags, normalize, local_aet, timeout)
VALUES ($1, nextval('query_uses'), $2, $3, $4, $5, $6, $7)
