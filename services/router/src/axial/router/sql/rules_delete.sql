-- Forget rule $1.
DELETE FROM rules WHERE name = $1
