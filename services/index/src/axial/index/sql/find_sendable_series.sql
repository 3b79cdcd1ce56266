-- The series of some patients, studies or series, in the order in which these are named; a study's by their numbers.
WITH RECURSIVE tree AS (
    SELECT
        wanted.place,
        resources.created_sequence AS study_sequence,
        resources.id,
        resources.level,
        resources.created_sequence,
        resources.main_dicom_tags ->> 'SeriesNumber' AS number
    FROM unnest($1::text []) WITH ORDINALITY AS wanted (id, place)
    INNER JOIN resources ON wanted.id = resources.id
    UNION ALL
    SELECT
        tree.place,
        CASE WHEN children.level = 2 THEN children.created_sequence ELSE tree.study_sequence END,
        children.id,
        children.level,
        children.created_sequence,
        children.main_dicom_tags ->> 'SeriesNumber'
    FROM tree
    INNER JOIN resources AS children ON tree.id = children.parent_id
    WHERE tree.level < 3
)

SELECT id
FROM tree
WHERE level = 3
ORDER BY
    place,
    study_sequence,
    CASE WHEN number ~ '^\s*[+-]?[0-9]{1,9}\s*$' THEN trim(number)::integer END,
    created_sequence
