-- What does not fit together in the trash: deletions that do not hold what they say, rows of no deletion, instances
-- without their data set or their parents, and files that are left to the collector at the same time.
SELECT t.deletion
FROM trash AS t
WHERE
    t.instances <> (SELECT count(*) FROM trash_instances AS i WHERE i.deletion = t.deletion)
    OR t.disk_size_bytes <> (
        SELECT coalesce(sum(coalesce(i.compressed_size_bytes, i.size_bytes)), 0)
        FROM trash_instances AS i
        WHERE i.deletion = t.deletion
    ) + (
        SELECT coalesce(sum(coalesce(a.compressed_size_bytes, a.size_bytes)), 0)
        FROM trash_attachments AS a
        WHERE a.deletion = t.deletion
    )
UNION ALL
SELECT r.deletion
FROM trash_resources AS r
LEFT JOIN trash AS t ON r.deletion = t.deletion
LEFT JOIN trash_resources AS p ON r.deletion = p.deletion AND r.parent_id = p.id
LEFT JOIN trash_instances AS i ON r.deletion = i.deletion AND r.id = i.id
LEFT JOIN trash_datasets AS d ON r.deletion = d.deletion AND r.id = d.instance_id
WHERE
    t.deletion IS NULL
    OR (r.level > 1 AND p.level IS DISTINCT FROM r.level - 1)
    OR (r.level = 4 AND (i.id IS NULL OR d.instance_id IS NULL OR NOT r.went))
UNION ALL
SELECT kept.deletion
FROM (
    SELECT
        deletion,
        blob_key
    FROM trash_instances
    UNION ALL
    SELECT
        deletion,
        blob_key
    FROM trash_attachments
) AS kept
INNER JOIN garbage ON kept.blob_key = garbage.blob_key
