-- The numbers of Orthanc's view that do not run from 1 to the position without a gap.
SELECT sequence FROM (
    SELECT sequence, row_number() OVER (ORDER BY sequence) AS expected FROM changes
) AS numbered WHERE sequence <> expected
UNION ALL
SELECT change_sequence FROM position WHERE change_sequence <> (SELECT count(*) FROM changes)
