-- Studies by identifier, in the order of their creation, each with its series.
SELECT
    studies.id,
    studies.parent_id,
    studies.main_dicom_tags,
    studies.updated_ticks,
    studies.is_stable,
    ARRAY(SELECT label FROM labels WHERE labels.resource_id = studies.id ORDER BY label COLLATE "C") AS labels,
    ARRAY(
        SELECT series.id
        FROM resources AS series
        WHERE series.parent_id = studies.id
        ORDER BY series.created_sequence
    ) AS series
FROM resources AS studies
WHERE studies.level = 2 AND studies.id = ANY ($1::text [])
ORDER BY studies.created_sequence
