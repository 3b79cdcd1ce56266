-- The labels on some resources.
SELECT resource_id, label
FROM labels
WHERE resource_id = ANY ($1::text [])
ORDER BY resource_id, label COLLATE "C"
