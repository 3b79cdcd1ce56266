-- Look one up, which makes it the last to be forgotten.
UPDATE commitment_reports
SET place = nextval('commitment_places')
WHERE transaction_uid = $1
RETURNING remote_aet, requested, committed, failed
