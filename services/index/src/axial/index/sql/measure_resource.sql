-- How much there is below one resource, itself included; no resource when `found` is false.
WITH RECURSIVE tree AS (
    SELECT
        id,
        level
    FROM resources
    WHERE id = $1 AND level = $2
    UNION ALL
    SELECT
        children.id,
        children.level
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
)

SELECT
    count(*) > 0 AS found,
    count(*) FILTER (WHERE tree.level = 2) AS studies,
    count(*) FILTER (WHERE tree.level = 3) AS series,
    count(instances.id) AS instances,
    coalesce(sum(instances.size_bytes), 0)::bigint AS size_bytes
FROM tree
LEFT JOIN instances ON tree.id = instances.id AND tree.level = 4
