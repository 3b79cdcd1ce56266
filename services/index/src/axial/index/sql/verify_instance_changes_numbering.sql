-- The numbers of Azure's view that do not run from 1 to the position without a gap.
SELECT sequence FROM (
    SELECT sequence, row_number() OVER (ORDER BY sequence) AS expected FROM instance_changes
) AS numbered WHERE sequence <> expected
UNION ALL
SELECT instance_sequence FROM position WHERE instance_sequence <> (SELECT count(*) FROM instance_changes)
