-- The resources that no instance has reached since, series before their studies before their patients.
SELECT id, level, arrived_ticks FROM resources
WHERE NOT is_stable AND arrived_ticks <= $1
ORDER BY arrived_ticks, level DESC
LIMIT $2
