-- The consumer whose token has this digest.
SELECT consumer
FROM consumer_tokens
WHERE digest = $1
