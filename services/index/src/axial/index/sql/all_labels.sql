-- All labels in use, each found by one step in the index.
WITH RECURSIVE used (label) AS (
    (SELECT label FROM labels ORDER BY label LIMIT 1)
    UNION ALL
    SELECT (SELECT labels.label FROM labels WHERE labels.label > used.label ORDER BY labels.label LIMIT 1)
    FROM used
    WHERE used.label IS NOT NULL
)
SELECT label FROM used WHERE label IS NOT NULL ORDER BY label COLLATE "C"
