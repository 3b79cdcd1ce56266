-- Take to the trash what a deletion with grace removes, in the transaction of `project_batch` and before it. $1 to $7 are
-- the row of the deletion, $8 the resources that go, $9 the ancestors that stay.
WITH named AS (
    SELECT
        unnest($8::text []) AS id,
        true AS went
    UNION ALL
    SELECT
        unnest($9::text []),
        false
),

kept_resources AS (
    INSERT INTO trash_resources
    (
        deletion, went, id, level, parent_id, created_sequence, main_dicom_tags, child_count, updated_ticks,
        arrived_ticks, is_stable, expected_instances, distinct_indexes, study_instance_uid, modalities, aets,
        newest_change, is_protected, recycling_sequence
    )
    SELECT
        $1::bigint,
        named.went,
        r.id,
        r.level,
        r.parent_id,
        r.created_sequence,
        r.main_dicom_tags,
        r.child_count,
        r.updated_ticks,
        r.arrived_ticks,
        r.is_stable,
        r.expected_instances,
        r.distinct_indexes,
        r.study_instance_uid,
        r.modalities,
        r.aets,
        r.newest_change,
        r.is_protected,
        r.recycling_sequence
    FROM resources AS r
    INNER JOIN named ON r.id = named.id
),

kept_findable AS (
    INSERT INTO trash_findable (deletion, id, level, parent_id, created_sequence, tags)
    SELECT
        $1::bigint,
        f.id,
        f.level,
        f.parent_id,
        f.created_sequence,
        f.tags
    FROM findable AS f
    INNER JOIN named ON f.id = named.id
),

kept_instances AS (
    INSERT INTO trash_instances
    (
        deletion, id, series_id, version, event_id, study_instance_uid, series_instance_uid, sop_instance_uid,
        sop_class_uid, transfer_syntax_uid, index_in_series, pixel_data_offset, pixel_data_vr, size_bytes, md5,
        blob_key, header_blob_key, received_ticks, protocol, remote_ip, remote_aet, called_aet, http_username,
        file_revision, file_event_id, compressed_size_bytes, compressed_md5
    )
    SELECT
        $1::bigint,
        i.id,
        i.series_id,
        i.version,
        i.event_id,
        i.study_instance_uid,
        i.series_instance_uid,
        i.sop_instance_uid,
        i.sop_class_uid,
        i.transfer_syntax_uid,
        i.index_in_series,
        i.pixel_data_offset,
        i.pixel_data_vr,
        i.size_bytes,
        i.md5,
        i.blob_key,
        i.header_blob_key,
        i.received_ticks,
        i.protocol,
        i.remote_ip,
        i.remote_aet,
        i.called_aet,
        i.http_username,
        i.file_revision,
        i.file_event_id,
        i.compressed_size_bytes,
        i.compressed_md5
    FROM instances AS i
    INNER JOIN named ON i.id = named.id
    RETURNING blob_key, header_blob_key
),

kept_datasets AS (
    INSERT INTO trash_datasets (deletion, instance_id, version, header, header_blob_key)
    SELECT
        $1::bigint,
        d.instance_id,
        d.version,
        d.header,
        d.header_blob_key
    FROM datasets AS d
    INNER JOIN named ON d.instance_id = named.id
),

kept_metadata AS (
    INSERT INTO trash_metadata (deletion, resource_id, number, value, searchable, revision)
    SELECT
        $1::bigint,
        m.resource_id,
        m.number,
        m.value,
        m.searchable,
        m.revision
    FROM metadata AS m
    INNER JOIN named ON m.resource_id = named.id
    WHERE named.went
),

kept_attachments AS (
    INSERT INTO trash_attachments
    (
        deletion, resource_id, number, revision, event_id, blob_key, size_bytes, md5, file_event_id,
        compressed_size_bytes, compressed_md5
    )
    SELECT
        $1::bigint,
        a.resource_id,
        a.number,
        a.revision,
        a.event_id,
        a.blob_key,
        a.size_bytes,
        a.md5,
        a.file_event_id,
        a.compressed_size_bytes,
        a.compressed_md5
    FROM attachments AS a
    INNER JOIN named ON a.resource_id = named.id
    WHERE named.went
    RETURNING blob_key
),

kept_labels AS (
    INSERT INTO trash_labels (deletion, resource_id, label)
    SELECT
        $1::bigint,
        l.resource_id,
        l.label
    FROM labels AS l
    INNER JOIN named ON l.resource_id = named.id
    WHERE named.went
),

forgotten_damage AS (
    -- What nobody reads is no damage; the scrub will say it again of what comes back.
    DELETE FROM damaged_blobs
    USING (
        SELECT blob_key FROM kept_instances
        UNION ALL
        SELECT header_blob_key FROM kept_instances
        UNION ALL
        SELECT blob_key FROM kept_attachments
    ) AS kept
    WHERE damaged_blobs.blob_key = kept.blob_key
)

INSERT INTO trash (deletion, level, resource_id, deleted_ticks, until_ticks, instances, disk_size_bytes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
