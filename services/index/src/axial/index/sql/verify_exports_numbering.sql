-- The numbers of the log of exports that do not run from behind the cleared ones to the last without a gap.
SELECT sequence FROM (
    SELECT sequence, cleared_sequence + row_number() OVER (ORDER BY sequence) AS expected
    FROM exports CROSS JOIN (SELECT cleared_sequence FROM exports_position) AS cleared
) AS numbered WHERE sequence <> expected
UNION ALL
SELECT sequence FROM exports_position WHERE sequence <> cleared_sequence + (SELECT count(*) FROM exports)
