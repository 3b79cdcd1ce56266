-- The scrub has come so far.
UPDATE scrub SET began_at = to_timestamp($1), resource_id = $2, number = $3
