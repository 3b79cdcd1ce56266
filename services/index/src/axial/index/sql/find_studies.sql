-- Studies by identifier, in the order of their creation, each with its series and its patient's tags.
SELECT
    studies.id,
    studies.parent_id,
    studies.main_dicom_tags,
    studies.updated_ticks,
    patients.main_dicom_tags AS patient_main_dicom_tags,
    ARRAY(
        SELECT series.id
        FROM resources AS series
        WHERE series.parent_id = studies.id
        ORDER BY series.created_sequence
    ) AS series
FROM resources AS studies
INNER JOIN resources AS patients ON studies.parent_id = patients.id
WHERE studies.level = 2 AND studies.id = ANY ($1::text [])
ORDER BY studies.created_sequence
