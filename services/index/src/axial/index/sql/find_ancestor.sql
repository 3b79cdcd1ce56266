-- The ancestor of one resource at one level.
WITH RECURSIVE line AS (
    SELECT
        id,
        level,
        parent_id
    FROM resources
    WHERE id = $1 AND level = $2
    UNION ALL
    SELECT
        parents.id,
        parents.level,
        parents.parent_id
    FROM line
    INNER JOIN resources AS parents ON line.parent_id = parents.id
)

SELECT id
FROM line
WHERE level = $3
