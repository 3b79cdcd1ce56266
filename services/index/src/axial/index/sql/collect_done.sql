-- These blobs are gone.
DELETE FROM garbage WHERE blob_key = ANY($1::text[])
