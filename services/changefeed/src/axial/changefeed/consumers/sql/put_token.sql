-- Keep a consumer's token by its digest, in the place of the one there was.
INSERT INTO consumer_tokens (consumer, digest)
VALUES ($1, $2)
ON CONFLICT (consumer) DO UPDATE SET digest = excluded.digest, created_at = now()
RETURNING consumer
