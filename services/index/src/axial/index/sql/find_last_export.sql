-- The newest row of the log of exports.
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
ORDER BY sequence DESC
LIMIT 1
