-- A deletion whose resources are in the trash.
SELECT
    deletion,
    level,
    resource_id,
    deleted_ticks,
    until_ticks,
    instances,
    disk_size_bytes
FROM trash
WHERE deletion = $1
