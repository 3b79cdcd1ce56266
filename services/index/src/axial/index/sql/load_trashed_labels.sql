-- The labels of the resources that a deletion took.
SELECT
    resource_id,
    label
FROM trash_labels
WHERE deletion = $1
ORDER BY resource_id, label
