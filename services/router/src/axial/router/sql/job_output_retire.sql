-- Take the outputs of some types of jobs from them, but for the last that were made or fetched.
UPDATE job_outputs
SET job = NULL
WHERE blob_key IN (
    SELECT outputs.blob_key
    FROM job_outputs AS outputs
    INNER JOIN jobs ON outputs.job = jobs.id
    WHERE jobs.type = ANY($1::text []) AND outputs.size_bytes IS NOT NULL
    ORDER BY outputs.used_at DESC, outputs.blob_key
    OFFSET $2
)
