-- Changes that do not name the change before of the same resource, since it was created.
SELECT sequence FROM (
    SELECT sequence, previous_sequence,
           lag(sequence) OVER of_resource AS before, lag(change_type) OVER of_resource AS type_before
    FROM changes WINDOW of_resource AS (PARTITION BY resource_id ORDER BY sequence)
) AS change
WHERE previous_sequence IS DISTINCT FROM CASE WHEN type_before = 4096 THEN NULL ELSE before END
