-- Move on from $1 to $2, if the rules are of generation $3, and keep them so until the end of the transaction; no row when
-- they are not, or somebody else has moved on.
WITH held AS (
    SELECT generation FROM rules_generation WHERE generation = $3 FOR SHARE
)
UPDATE rules_position SET sequence = $2 FROM held WHERE sequence = $1 RETURNING sequence
