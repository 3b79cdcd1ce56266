-- The tags of the resources that a deletion took, in the form in which they are compared.
SELECT
    id,
    level,
    parent_id,
    created_sequence,
    tags::text AS tags
FROM trash_findable
WHERE deletion = $1
