-- Write what a folded batch decided about the log of exports, in the transaction of `project_batch`.
WITH moved AS (
    UPDATE exports_position SET sequence = $1, cleared_sequence = $2
), cleared AS (
    DELETE FROM exports WHERE sequence <= $2
)
INSERT INTO exports
    (sequence, level, resource_id, remote_modality, ticks, patient_id, study_instance_uid, series_instance_uid,
     sop_instance_uid)
SELECT * FROM unnest(
    $3::bigint[], $4::smallint[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::text[],
    $11::text[])
