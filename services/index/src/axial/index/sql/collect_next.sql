-- The oldest unreferenced blobs that no other replica has in hand.
SELECT blob_key FROM garbage ORDER BY log_sequence LIMIT $1 FOR UPDATE SKIP LOCKED
