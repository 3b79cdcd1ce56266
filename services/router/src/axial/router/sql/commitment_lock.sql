-- What was requested, with nobody else reporting on it meanwhile.
SELECT requested
FROM commitment_reports
WHERE transaction_uid = $1
FOR UPDATE
