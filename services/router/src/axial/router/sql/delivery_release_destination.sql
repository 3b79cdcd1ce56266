-- Let go of a destination.
UPDATE destinations SET replica = NULL
WHERE id = $1 AND replica = $2
