-- The bytes of all blobs that files are kept in.
SELECT disk_size_bytes FROM totals
