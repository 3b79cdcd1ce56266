-- Leave the blobs that a deletion ($1) took to the collector, as the event $2 says, in the transaction of `project_batch`.
INSERT INTO garbage (blob_key, log_sequence)
SELECT
    blob_key,
    $2::bigint
FROM (
    SELECT blob_key FROM trash_instances
    WHERE deletion = $1
    UNION ALL
    SELECT header_blob_key FROM trash_instances
    WHERE deletion = $1 AND header_blob_key IS NOT NULL
    UNION ALL
    SELECT blob_key FROM trash_attachments
    WHERE deletion = $1
) AS kept
ON CONFLICT DO NOTHING
