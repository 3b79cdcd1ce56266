-- The deletions whose time in the trash is over, those whose time was over first before the others.
SELECT deletion
FROM trash
WHERE until_ticks <= $1
ORDER BY until_ticks, deletion
LIMIT $2
