-- Forget what a modality did not take; it has not reported, then.
DELETE FROM commitment_reports
WHERE transaction_uid = $1 AND committed IS NULL
