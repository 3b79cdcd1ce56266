-- Write a folded batch: all of it, or nothing when somebody else has moved the position.
-- One statement, hence one round trip and one commit; every part hangs on `moved`.
WITH moved AS (
    -- The fence: from exactly where the batch was folded ($1..$4) to where it ends ($5..$8).
    UPDATE position
    SET log_sequence = $5, change_sequence = $6, instance_sequence = $7, ticks = $8
    WHERE (log_sequence, change_sequence, instance_sequence, ticks) = ($1, $2, $3, $4)
    RETURNING log_sequence
), summed AS (
    UPDATE totals
    SET patients = patients + $9, studies = studies + $10, series = series + $11,
        instances = instances + $12, size_bytes = size_bytes + $13
    WHERE EXISTS (SELECT FROM moved)
), removed AS (
    SELECT unnest($14::text[]) AS id WHERE EXISTS (SELECT FROM moved)
), removed_resources AS (
    DELETE FROM resources USING removed WHERE resources.id = removed.id
), removed_instances AS (
    DELETE FROM instances USING removed WHERE instances.id = removed.id
), removed_datasets AS (
    DELETE FROM datasets USING removed WHERE datasets.instance_id = removed.id
), written_resources AS (
    -- New ones, and those that a child's coming or going touched.
    INSERT INTO resources
        (id, level, parent_id, created_sequence, main_dicom_tags, child_count, updated_ticks, arrived_ticks,
         is_stable, expected_instances, distinct_indexes)
    SELECT * FROM unnest(
        $15::text[], $16::smallint[], $17::text[], $18::bigint[], $19::jsonb[], $20::integer[], $21::bigint[],
        $22::bigint[], $23::boolean[], $24::integer[], $25::integer[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (id) DO UPDATE SET
        created_sequence = EXCLUDED.created_sequence, main_dicom_tags = EXCLUDED.main_dicom_tags,
        child_count = EXCLUDED.child_count, updated_ticks = EXCLUDED.updated_ticks,
        arrived_ticks = EXCLUDED.arrived_ticks, is_stable = EXCLUDED.is_stable,
        expected_instances = EXCLUDED.expected_instances, distinct_indexes = EXCLUDED.distinct_indexes
), written_instances AS (
    -- New ones, or new bytes in place of old ones; the identifiers never change.
    INSERT INTO instances
        (id, series_id, version, event_id, study_instance_uid, series_instance_uid, sop_instance_uid, sop_class_uid,
         transfer_syntax_uid, index_in_series, pixel_data_offset, pixel_data_vr, size_bytes, md5, blob_key,
         header_blob_key, received_ticks, protocol, remote_ip, remote_aet, called_aet, http_username)
    SELECT * FROM unnest(
        $26::text[], $27::text[], $28::bigint[], $29::uuid[], $30::text[], $31::text[], $32::text[], $33::text[],
        $34::text[], $35::integer[], $36::bigint[], $37::text[], $38::bigint[], $39::text[], $40::text[],
        $41::text[], $42::bigint[], $43::text[], $44::text[], $45::text[], $46::text[], $47::text[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (id) DO UPDATE SET
        version = EXCLUDED.version, event_id = EXCLUDED.event_id, sop_class_uid = EXCLUDED.sop_class_uid,
        transfer_syntax_uid = EXCLUDED.transfer_syntax_uid, index_in_series = EXCLUDED.index_in_series,
        pixel_data_offset = EXCLUDED.pixel_data_offset, pixel_data_vr = EXCLUDED.pixel_data_vr,
        size_bytes = EXCLUDED.size_bytes, md5 = EXCLUDED.md5, blob_key = EXCLUDED.blob_key,
        header_blob_key = EXCLUDED.header_blob_key, received_ticks = EXCLUDED.received_ticks,
        protocol = EXCLUDED.protocol, remote_ip = EXCLUDED.remote_ip, remote_aet = EXCLUDED.remote_aet,
        called_aet = EXCLUDED.called_aet, http_username = EXCLUDED.http_username
), written_datasets AS (
    INSERT INTO datasets (instance_id, version, header, header_blob_key)
    SELECT * FROM unnest($48::text[], $49::bigint[], $50::bytea[], $51::text[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (instance_id) DO UPDATE SET
        version = EXCLUDED.version, header = EXCLUDED.header, header_blob_key = EXCLUDED.header_blob_key
), written_changes AS (
    INSERT INTO changes (sequence, change_type, level, resource_id, ticks, log_sequence)
    SELECT * FROM unnest(
        $52::bigint[], $53::smallint[], $54::smallint[], $55::text[], $56::bigint[], $57::bigint[])
    WHERE EXISTS (SELECT FROM moved)
), written_instance_changes AS (
    INSERT INTO instance_changes
        (sequence, action, instance_id, study_instance_uid, series_instance_uid, sop_instance_uid, ticks,
         change_sequence, log_sequence)
    SELECT * FROM unnest(
        $58::bigint[], $59::smallint[], $60::text[], $61::text[], $62::text[], $63::text[], $64::bigint[],
        $65::bigint[], $66::bigint[])
    WHERE EXISTS (SELECT FROM moved)
), left_to_collect AS (
    INSERT INTO garbage (blob_key, log_sequence)
    SELECT * FROM unnest($67::text[], $68::bigint[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT DO NOTHING
)
-- Listeners learn of the commit; no row here means that nothing was written.
SELECT pg_notify('feed', log_sequence::text) FROM moved
