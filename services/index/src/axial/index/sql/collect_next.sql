-- The oldest unreferenced blobs that no other replica has in hand, of those left by events up to this one.
SELECT blob_key FROM garbage WHERE log_sequence <= $2 ORDER BY log_sequence LIMIT $1 FOR UPDATE SKIP LOCKED
