-- What a job has made, which is used by that.
UPDATE job_outputs
SET used_at = now()
FROM jobs
WHERE
    job_outputs.job = jobs.id
    AND jobs.id = $1
    AND jobs.state = 'Success'
    AND job_outputs.key = $2
    AND job_outputs.size_bytes IS NOT NULL
RETURNING
    job_outputs.blob_key,
    job_outputs.size_bytes,
    job_outputs.media_type,
    job_outputs.filename
