-- Whether an instance below some resources, or among them, has another transfer syntax than one.
WITH RECURSIVE tree AS (
    SELECT
        id,
        level
    FROM resources
    WHERE id = ANY ($1::text [])
    UNION ALL
    SELECT
        children.id,
        children.level
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
)

SELECT EXISTS (
    SELECT 1
    FROM tree
    INNER JOIN instances ON tree.id = instances.id
    WHERE tree.level = 4 AND instances.transfer_syntax_uid <> $2
)
