-- A blob is whole: it is the output of its job, which its writer still has in hand, and no earlier one of this name is.
WITH finished AS (
    UPDATE job_outputs
    SET
        size_bytes = $2,
        used_at = now()
    WHERE blob_key = $1 AND EXISTS (
        SELECT 1
        FROM jobs
        WHERE jobs.id = job_outputs.job AND jobs.replica = job_outputs.replica
    )
    RETURNING job, key
),

replaced AS (
    UPDATE job_outputs
    SET job = NULL
    FROM finished
    WHERE job_outputs.job = finished.job AND job_outputs.key = finished.key AND job_outputs.blob_key <> $1
)

SELECT count(*) FROM finished
