-- Changes that Orthanc's clients should see and do not, or see and should not: all but `Deleted` ones, and those of
-- resources that were deleted after them.
WITH expected AS (
    SELECT sequence FROM (
        SELECT sequence, change_type,
               max(sequence) FILTER (WHERE change_type = 4096) OVER (PARTITION BY resource_id) AS deleted
        FROM changes
    ) AS change
    WHERE change_type <> 4096 AND (deleted IS NULL OR deleted < sequence)
)
(SELECT sequence FROM expected EXCEPT SELECT sequence FROM visible_changes)
UNION ALL
(SELECT sequence FROM visible_changes EXCEPT SELECT sequence FROM expected)
