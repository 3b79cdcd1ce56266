-- Give the instances that came back their data sets, in the transaction of `project_batch`. $1 is the deletion that took
-- them; $2, $3 are the instances, and the rows of `instance_changes` that brought them back.
INSERT INTO datasets (instance_id, version, header, header_blob_key)
SELECT
    kept.instance_id,
    restored.version,
    kept.header,
    kept.header_blob_key
FROM unnest($2::text [], $3::bigint []) AS restored (instance_id, version)
INNER JOIN trash_datasets AS kept ON restored.instance_id = kept.instance_id AND kept.deletion = $1
