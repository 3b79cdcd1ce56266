-- The metadata of the resources that a deletion took.
SELECT
    resource_id,
    number,
    value,
    revision
FROM trash_metadata
WHERE deletion = $1
ORDER BY resource_id, number
