-- Take an output from its job; its blob is removed later.
UPDATE job_outputs
SET job = NULL
WHERE
    job = $1
    AND key = $2
    AND size_bytes IS NOT NULL
    AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = $1 AND jobs.state = 'Success')
RETURNING blob_key
