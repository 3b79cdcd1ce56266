-- Forget a consumer's token.
DELETE FROM consumer_tokens
WHERE consumer = $1
RETURNING consumer
