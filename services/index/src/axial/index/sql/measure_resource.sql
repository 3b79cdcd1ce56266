-- How much there is below one resource, itself and what users attached included; no resource when `found` is false.
WITH RECURSIVE tree AS (
    SELECT
        id,
        level
    FROM resources
    WHERE id = $1 AND level = $2
    UNION ALL
    SELECT
        children.id,
        children.level
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
),

attached AS (
    SELECT
        coalesce(sum(attachments.size_bytes), 0)::bigint AS size_bytes,
        coalesce(
            sum(coalesce(attachments.compressed_size_bytes, attachments.size_bytes)), 0
        )::bigint AS disk_size_bytes
    FROM tree
    INNER JOIN attachments ON tree.id = attachments.resource_id
),

counted AS (
    SELECT
        count(*) > 0 AS found,
        count(*) FILTER (WHERE tree.level = 2) AS studies,
        count(*) FILTER (WHERE tree.level = 3) AS series,
        count(instances.id) AS instances,
        coalesce(sum(instances.size_bytes), 0)::bigint AS dicom_size_bytes,
        coalesce(
            sum(coalesce(instances.compressed_size_bytes, instances.size_bytes)), 0
        )::bigint AS dicom_disk_size_bytes
    FROM tree
    LEFT JOIN instances ON tree.id = instances.id AND tree.level = 4
)

SELECT
    counted.found,
    counted.studies,
    counted.series,
    counted.instances,
    counted.dicom_size_bytes,
    counted.dicom_disk_size_bytes,
    counted.dicom_size_bytes + attached.size_bytes AS size_bytes,
    counted.dicom_disk_size_bytes + attached.disk_size_bytes AS disk_size_bytes
FROM counted CROSS JOIN attached
