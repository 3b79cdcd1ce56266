-- What the files of a deletion take that would come back: those whose place nothing has taken meanwhile.
SELECT coalesce(sum(disk_size_bytes), 0)::bigint
FROM (
    SELECT coalesce(kept.compressed_size_bytes, kept.size_bytes) AS disk_size_bytes
    FROM trash_instances AS kept
    WHERE kept.deletion = $1 AND NOT EXISTS (SELECT FROM instances AS i WHERE i.id = kept.id)
    UNION ALL
    SELECT coalesce(kept.compressed_size_bytes, kept.size_bytes)
    FROM trash_attachments AS kept
    WHERE
        kept.deletion = $1
        AND NOT EXISTS (
            SELECT FROM attachments AS a
            WHERE a.resource_id = kept.resource_id AND a.number = kept.number
        )
) AS returning_files
