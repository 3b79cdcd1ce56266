-- Append to Orthanc's view.
INSERT INTO changes (sequence, change_type, level, resource_id, ticks, log_sequence)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[])
