-- The named resources that exist, with what only an instance has.
SELECT r.id, r.level, r.parent_id, r.created_sequence, r.main_dicom_tags::text AS main_dicom_tags,
       r.child_count, r.updated_ticks, r.arrived_ticks, r.is_stable, r.expected_instances, r.distinct_indexes,
       r.study_instance_uid AS resource_study_instance_uid, r.modalities, r.aets, r.newest_change, r.is_protected,
       r.recycling_sequence,
       i.series_id, i.version, i.event_id, i.study_instance_uid, i.series_instance_uid, i.sop_instance_uid,
       i.sop_class_uid, i.transfer_syntax_uid, i.index_in_series, i.pixel_data_offset, i.pixel_data_vr,
       i.size_bytes, i.md5, i.blob_key, i.header_blob_key, i.received_ticks,
       i.protocol, i.remote_ip, i.remote_aet, i.called_aet, i.http_username,
       i.file_revision, i.file_event_id, i.compressed_size_bytes, i.compressed_md5
FROM resources r LEFT JOIN instances i ON i.id = r.id
WHERE r.id = ANY($1::text[])
ORDER BY r.created_sequence
