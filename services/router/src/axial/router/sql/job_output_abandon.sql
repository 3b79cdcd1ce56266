-- Take all outputs from a job that begins anew.
UPDATE job_outputs
SET job = NULL
WHERE job = $1
