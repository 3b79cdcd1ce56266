-- Put in the resources that are new, and bring up to date those that a child's coming or going touched.
INSERT INTO resources
    (id, level, parent_id, created_sequence, main_dicom_tags, child_count, updated_ticks)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[], $5::jsonb[], $6::integer[], $7::bigint[])
ON CONFLICT (id) DO UPDATE SET
    created_sequence = EXCLUDED.created_sequence,
    main_dicom_tags = EXCLUDED.main_dicom_tags,
    child_count = EXCLUDED.child_count,
    updated_ticks = EXCLUDED.updated_ticks
