-- The headers $3 of the instances with the numbers $1, which the entries $2 tell of.
INSERT INTO feed.datasets (instance_id, version, header)
SELECT pg_temp.resource_id(4, number), version, header
FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS stored (number, version, header)
