-- Patients by identifier, in the order of their creation, each with its studies.
SELECT
    patients.id,
    patients.main_dicom_tags,
    patients.updated_ticks,
    patients.is_stable,
    patients.is_protected,
    ARRAY(SELECT label FROM labels WHERE labels.resource_id = patients.id ORDER BY label COLLATE "C") AS labels,
    ARRAY(
        SELECT studies.id
        FROM resources AS studies
        WHERE studies.parent_id = patients.id
        ORDER BY studies.created_sequence
    ) AS studies
FROM resources AS patients
WHERE patients.level = 1 AND patients.id = ANY ($1::text [])
ORDER BY patients.created_sequence
