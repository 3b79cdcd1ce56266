-- How a job stands, which stays so until the end of the transaction.
SELECT
    state,
    wish,
    replica
FROM jobs
WHERE id = $1
FOR UPDATE
