-- Append to Azure's view.
INSERT INTO instance_changes
    (sequence, action, instance_id, study_instance_uid, series_instance_uid, sop_instance_uid, ticks,
     change_sequence, log_sequence)
SELECT * FROM unnest(
    $1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
    $9::bigint[])
