-- A page of the deletions whose resources are in the trash, the newest first.
SELECT
    deletion,
    level,
    resource_id,
    deleted_ticks,
    until_ticks,
    instances,
    disk_size_bytes
FROM trash
ORDER BY deletion DESC
OFFSET $1
LIMIT $2
