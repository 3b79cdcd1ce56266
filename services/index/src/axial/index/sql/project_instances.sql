-- Put in the new instances, or new bytes in place of old ones.
INSERT INTO instances
    (id, version, event_id, study_instance_uid, series_instance_uid, sop_instance_uid, sop_class_uid,
     transfer_syntax_uid, index_in_series, pixel_data_offset, pixel_data_vr, size_bytes, md5, blob_key,
     header_blob_key, received_ticks, protocol, remote_ip, remote_aet, called_aet, http_username)
SELECT * FROM unnest(
    $1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::integer[], $10::bigint[], $11::text[], $12::bigint[], $13::text[], $14::text[], $15::text[],
    $16::bigint[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[])
ON CONFLICT (id) DO UPDATE SET
    version = EXCLUDED.version, event_id = EXCLUDED.event_id, sop_class_uid = EXCLUDED.sop_class_uid,
    transfer_syntax_uid = EXCLUDED.transfer_syntax_uid, index_in_series = EXCLUDED.index_in_series,
    pixel_data_offset = EXCLUDED.pixel_data_offset, pixel_data_vr = EXCLUDED.pixel_data_vr,
    size_bytes = EXCLUDED.size_bytes, md5 = EXCLUDED.md5, blob_key = EXCLUDED.blob_key,
    header_blob_key = EXCLUDED.header_blob_key, received_ticks = EXCLUDED.received_ticks,
    protocol = EXCLUDED.protocol, remote_ip = EXCLUDED.remote_ip, remote_aet = EXCLUDED.remote_aet,
    called_aet = EXCLUDED.called_aet, http_username = EXCLUDED.http_username
