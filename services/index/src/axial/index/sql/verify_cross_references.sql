-- Rows of the two feeds that tell of one fact and do not name each other.
SELECT c.sequence FROM changes c LEFT JOIN instance_changes i ON i.sequence = c.instance_sequence
WHERE c.instance_sequence IS NOT NULL
  AND (i.change_sequence, i.instance_id, i.log_sequence, i.ticks) IS DISTINCT FROM
      (c.sequence, c.resource_id, c.log_sequence, c.ticks)
UNION ALL
SELECT i.sequence FROM instance_changes i LEFT JOIN changes c ON c.sequence = i.change_sequence
WHERE c.instance_sequence IS DISTINCT FROM i.sequence
