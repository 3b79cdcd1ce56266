-- The log of exports behind a number.
SELECT
    sequence,
    level,
    resource_id,
    remote_modality,
    ticks,
    patient_id,
    study_instance_uid,
    series_instance_uid,
    sop_instance_uid
FROM exports
WHERE sequence > $1
ORDER BY sequence
LIMIT $2
