-- Move on from $1 to $2; no row when somebody else has.
UPDATE rules_position SET sequence = $2 WHERE sequence = $1 RETURNING sequence
