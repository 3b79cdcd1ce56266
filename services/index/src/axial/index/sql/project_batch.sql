-- Write a folded batch: all of it, or nothing when somebody else has moved the position.
-- One statement, hence one round trip and one commit; every part hangs on `moved`.
WITH moved AS (
    -- The fence: from exactly where the batch was folded ($1..$5) to where it ends ($6..$10).
    UPDATE position
    SET log_sequence = $6, change_sequence = $7, instance_sequence = $8, ticks = $9,
        cleared_sequence = $10
    WHERE (log_sequence, change_sequence, instance_sequence, ticks, cleared_sequence) = ($1, $2, $3, $4, $5)
    RETURNING log_sequence
), summed AS (
    UPDATE totals
    SET patients = patients + $11, studies = studies + $12, series = series + $13,
        instances = instances + $14, size_bytes = size_bytes + $15, disk_size_bytes = disk_size_bytes + $16
    WHERE EXISTS (SELECT FROM moved)
), removed AS (
    SELECT unnest($17::text[]) AS id WHERE EXISTS (SELECT FROM moved)
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
         is_stable, expected_instances, distinct_indexes, study_instance_uid, modalities, aets, newest_change,
         is_protected, recycling_sequence)
    SELECT * FROM unnest(
        $18::text[], $19::smallint[], $20::text[], $21::bigint[], $22::jsonb[], $23::integer[], $24::bigint[],
        $25::bigint[], $26::boolean[], $27::integer[], $28::integer[], $29::text[], $30::text[], $31::text[],
        $32::bigint[], $33::boolean[], $97::bigint[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (id) DO UPDATE SET
        created_sequence = EXCLUDED.created_sequence, main_dicom_tags = EXCLUDED.main_dicom_tags,
        child_count = EXCLUDED.child_count, updated_ticks = EXCLUDED.updated_ticks,
        arrived_ticks = EXCLUDED.arrived_ticks, is_stable = EXCLUDED.is_stable,
        expected_instances = EXCLUDED.expected_instances, distinct_indexes = EXCLUDED.distinct_indexes,
        study_instance_uid = EXCLUDED.study_instance_uid, modalities = EXCLUDED.modalities,
        aets = EXCLUDED.aets, newest_change = EXCLUDED.newest_change, is_protected = EXCLUDED.is_protected,
        recycling_sequence = EXCLUDED.recycling_sequence
), removed_findable AS (
    DELETE FROM findable USING removed WHERE findable.id = removed.id
), written_findable AS (
    -- New ones, or created anew under the same identifier.
    INSERT INTO findable (id, level, parent_id, created_sequence, tags)
    SELECT * FROM unnest($92::text[], $93::smallint[], $94::text[], $95::bigint[], $96::jsonb[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (id, level) DO UPDATE SET
        parent_id = EXCLUDED.parent_id, created_sequence = EXCLUDED.created_sequence, tags = EXCLUDED.tags
), written_instances AS (
    -- New ones, or new bytes in place of old ones; the identifiers never change.
    INSERT INTO instances
        (id, series_id, version, event_id, study_instance_uid, series_instance_uid, sop_instance_uid, sop_class_uid,
         transfer_syntax_uid, index_in_series, pixel_data_offset, pixel_data_vr, size_bytes, md5, blob_key,
         header_blob_key, received_ticks, protocol, remote_ip, remote_aet, called_aet, http_username,
         file_revision, file_event_id, compressed_size_bytes, compressed_md5)
    SELECT * FROM unnest(
        $34::text[], $35::text[], $36::bigint[], $37::uuid[], $38::text[], $39::text[], $40::text[], $41::text[],
        $42::text[], $43::integer[], $44::bigint[], $45::text[], $46::bigint[], $47::text[], $48::text[],
        $49::text[], $50::bigint[], $51::text[], $52::text[], $53::text[], $54::text[], $55::text[],
        $56::bigint[], $57::uuid[], $58::bigint[], $59::text[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (id) DO UPDATE SET
        version = EXCLUDED.version, event_id = EXCLUDED.event_id, sop_class_uid = EXCLUDED.sop_class_uid,
        transfer_syntax_uid = EXCLUDED.transfer_syntax_uid, index_in_series = EXCLUDED.index_in_series,
        pixel_data_offset = EXCLUDED.pixel_data_offset, pixel_data_vr = EXCLUDED.pixel_data_vr,
        size_bytes = EXCLUDED.size_bytes, md5 = EXCLUDED.md5, blob_key = EXCLUDED.blob_key,
        header_blob_key = EXCLUDED.header_blob_key, received_ticks = EXCLUDED.received_ticks,
        protocol = EXCLUDED.protocol, remote_ip = EXCLUDED.remote_ip, remote_aet = EXCLUDED.remote_aet,
        called_aet = EXCLUDED.called_aet, http_username = EXCLUDED.http_username,
        file_revision = EXCLUDED.file_revision, file_event_id = EXCLUDED.file_event_id,
        compressed_size_bytes = EXCLUDED.compressed_size_bytes, compressed_md5 = EXCLUDED.compressed_md5
), written_datasets AS (
    INSERT INTO datasets (instance_id, version, header, header_blob_key)
    SELECT * FROM unnest($60::text[], $61::bigint[], $62::bytea[], $63::text[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT (instance_id) DO UPDATE SET
        version = EXCLUDED.version, header = EXCLUDED.header, header_blob_key = EXCLUDED.header_blob_key
), written_changes AS (
    INSERT INTO changes
        (sequence, change_type, level, resource_id, ticks, log_sequence, previous_sequence, instance_sequence,
         study_id, study_instance_uid, modalities, aets)
    SELECT sequence, change_type, level, resource_id, ticks, log_sequence, previous_sequence, instance_sequence,
           study_id, study_instance_uid, string_to_array(modalities, '\'), string_to_array(aets, '\')
    FROM unnest(
        $64::bigint[], $65::smallint[], $66::smallint[], $67::text[], $68::bigint[], $69::bigint[], $70::bigint[],
        $71::bigint[], $72::text[], $73::text[], $74::text[], $75::text[])
        AS change (sequence, change_type, level, resource_id, ticks, log_sequence, previous_sequence,
                   instance_sequence, study_id, study_instance_uid, modalities, aets)
    WHERE EXISTS (SELECT FROM moved)
), written_visible_changes AS (
    INSERT INTO visible_changes (sequence)
    SELECT unnest($85::bigint[]) WHERE EXISTS (SELECT FROM moved)
), hidden AS (
    -- All earlier changes of a resource that went, from its newest one back.
    WITH RECURSIVE chain (sequence, log_sequence) AS (
        SELECT * FROM unnest($86::bigint[], $87::bigint[])
        UNION ALL
        SELECT change.previous_sequence, chain.log_sequence
        FROM chain JOIN changes AS change USING (sequence)
        WHERE change.previous_sequence IS NOT NULL
    )
    SELECT sequence, log_sequence FROM chain WHERE EXISTS (SELECT FROM moved)
), removed_visible_changes AS (
    DELETE FROM visible_changes USING hidden WHERE visible_changes.sequence = hidden.sequence
), written_instance_changes AS (
    INSERT INTO instance_changes
        (sequence, action, instance_id, study_instance_uid, series_instance_uid, sop_instance_uid, ticks,
         change_sequence, log_sequence)
    SELECT * FROM unnest(
        $76::bigint[], $77::smallint[], $78::text[], $79::text[], $80::text[], $81::text[], $82::bigint[],
        $83::bigint[], $84::bigint[])
    WHERE EXISTS (SELECT FROM moved)
), shown_otherwise AS (
    -- Rows of this very batch count too: what is marked must not hang on where batches begin.
    SELECT 1::smallint AS feed, sequence >> 10 AS block, log_sequence FROM hidden
    UNION ALL
    SELECT 1, sequence >> 10, log_sequence
    FROM unnest($88::bigint[], $89::bigint[]) AS hidden_at_once (sequence, log_sequence)
    UNION ALL
    -- A new entry of an instance changes the State of all that came before it.
    SELECT 2, older.sequence >> 10, newer.log_sequence
    FROM unnest($78::text[], $84::bigint[]) AS newer (instance_id, log_sequence)
    JOIN instance_changes AS older USING (instance_id)
    UNION ALL
    SELECT 2, sequence >> 10, newest_log_sequence
    FROM (
        -- A window and not a join: that would be of all with all, where joins go by index.
        SELECT sequence, max(sequence) OVER same AS newest, max(log_sequence) OVER same AS newest_log_sequence
        FROM unnest($76::bigint[], $78::text[], $84::bigint[]) AS entry (sequence, instance_id, log_sequence)
        WINDOW same AS (PARTITION BY instance_id)
    ) AS of_this_batch
    WHERE sequence < newest
), written_stale_blocks AS (
    INSERT INTO stale_blocks (feed, block, log_sequence)
    SELECT feed, block, max(log_sequence) FROM shown_otherwise
    WHERE EXISTS (SELECT FROM moved)
    GROUP BY feed, block
    ON CONFLICT (feed, block) DO UPDATE SET log_sequence = EXCLUDED.log_sequence
), left_to_collect AS (
    INSERT INTO garbage (blob_key, log_sequence)
    SELECT * FROM unnest($90::text[], $91::bigint[])
    WHERE EXISTS (SELECT FROM moved)
    ON CONFLICT DO NOTHING
), forgotten_damage AS (
    DELETE FROM damaged_blobs USING unnest($90::text[]) AS gone (blob_key)
    WHERE damaged_blobs.blob_key = gone.blob_key AND EXISTS (SELECT FROM moved)
)
-- Listeners learn of the commit; no row here means that nothing was written.
SELECT pg_notify('feed', log_sequence::text) FROM moved
