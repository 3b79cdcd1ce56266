-- The rows of Azure's view whose time is not later than that of the row before.
SELECT sequence FROM (
    SELECT sequence, ticks, lag(ticks) OVER (ORDER BY sequence) AS before FROM instance_changes
) AS ordered WHERE ticks <= before
