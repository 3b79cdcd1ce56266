-- What users wrote about some resources.
SELECT resource_id, number, value, revision
FROM metadata
WHERE resource_id = ANY ($1::text [])
ORDER BY resource_id, number
