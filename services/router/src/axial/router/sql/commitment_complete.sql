-- Keep what was reported; of several reports the last one counts.
UPDATE commitment_reports
SET
    remote_aet = $2,
    committed = $3::jsonb,
    failed = $4::jsonb,
    place = nextval('commitment_places')
WHERE transaction_uid = $1
