-- A replica ends; what it had in hand is anybody's at once.
DELETE FROM replicas
WHERE id = $1
