-- One page of a level's resources in the order of their creation; an offset serves the first page only.
SELECT id, created_sequence
FROM resources
WHERE level = $1 AND created_sequence > $2
ORDER BY created_sequence
OFFSET $3
LIMIT $4
