-- Whether an instance or an attachment still has this blob.
SELECT
    EXISTS (SELECT FROM instances WHERE id = $1 AND blob_key = $2)
    OR EXISTS (SELECT FROM attachments WHERE resource_id = $1 AND blob_key = $2)
