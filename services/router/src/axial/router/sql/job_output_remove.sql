-- A blob is gone.
DELETE FROM job_outputs
WHERE blob_key = $1
