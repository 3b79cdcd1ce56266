-- What a job has made.
SELECT
    outputs.blob_key,
    outputs.size_bytes,
    outputs.media_type,
    outputs.filename
FROM job_outputs AS outputs
INNER JOIN jobs ON outputs.job = jobs.id
WHERE jobs.id = $1 AND jobs.state = 'Success' AND outputs.key = $2 AND outputs.size_bytes IS NOT NULL
