-- Make a consumer, unless there is one of that name, or as many as $7 already. Two that are made at the same moment
-- may both find room: the limit is there to keep metrics small, and need not be exact.
INSERT INTO consumers (name, filter, generation, acknowledged, push_url, push_secrets, push_batch)
SELECT $1::text, $2::jsonb, nextval('generations'), $3::bigint, $4::text, $5::text[], $6::integer
WHERE (SELECT count(*) FROM consumers) < $7::bigint
ON CONFLICT (name) DO NOTHING
RETURNING name
