-- The patients that were the newest the longest ago, and are not protected, with what they take on disk.
WITH RECURSIVE oldest AS (
    SELECT
        id,
        recycling_sequence
    FROM resources
    WHERE level = 1 AND NOT is_protected AND recycling_sequence > $1
    ORDER BY recycling_sequence
    LIMIT $2
),

tree AS (
    SELECT
        id AS patient_id,
        id
    FROM oldest
    UNION ALL
    SELECT
        tree.patient_id,
        children.id
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
),

taken AS (
    SELECT
        tree.patient_id,
        coalesce(instances.compressed_size_bytes, instances.size_bytes) AS disk_size_bytes
    FROM tree
    INNER JOIN instances ON tree.id = instances.id
    UNION ALL
    SELECT
        tree.patient_id,
        coalesce(attachments.compressed_size_bytes, attachments.size_bytes)
    FROM tree
    INNER JOIN attachments ON tree.id = attachments.resource_id
)

SELECT
    oldest.id,
    oldest.recycling_sequence,
    coalesce(sum(taken.disk_size_bytes), 0)::bigint AS disk_size_bytes
FROM oldest
LEFT JOIN taken ON oldest.id = taken.patient_id
GROUP BY oldest.id, oldest.recycling_sequence
ORDER BY oldest.recycling_sequence
