-- Leave the blobs that nothing refers to any more to the collector.
INSERT INTO garbage (blob_key, log_sequence)
SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT DO NOTHING
