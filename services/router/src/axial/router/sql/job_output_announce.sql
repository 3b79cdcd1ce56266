-- Say that a blob is about to be written.
INSERT INTO job_outputs (blob_key, job, key, replica, media_type, filename)
VALUES ($1, $2, $3, $4, $5, $6)
