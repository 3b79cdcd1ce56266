-- What is below one resource, or the resource itself, at one level, in the order of creation.
WITH RECURSIVE tree AS (
    SELECT
        id,
        level,
        created_sequence
    FROM resources
    WHERE id = $1 AND level = $2
    UNION ALL
    SELECT
        children.id,
        children.level,
        children.created_sequence
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
    WHERE tree.level < $3
)

SELECT id
FROM tree
WHERE level = $3
ORDER BY created_sequence
