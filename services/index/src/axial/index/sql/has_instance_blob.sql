-- Whether an instance still has this blob.
SELECT EXISTS (SELECT FROM instances WHERE id = $1 AND blob_key = $2)
