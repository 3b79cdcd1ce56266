-- The next instances in the order of their ids, with what their blobs should be.
SELECT id, blob_key, header_blob_key, size_bytes, md5 FROM instances WHERE id > $1 ORDER BY id LIMIT $2
