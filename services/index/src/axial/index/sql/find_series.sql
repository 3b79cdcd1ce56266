-- Series by identifier, in the order of their creation, each with its instances.
SELECT
    series.id,
    series.parent_id,
    series.main_dicom_tags,
    series.updated_ticks,
    series.is_stable,
    ARRAY(SELECT label FROM labels WHERE labels.resource_id = series.id ORDER BY label COLLATE "C") AS labels,
    ARRAY(
        SELECT members.id
        FROM resources AS members
        WHERE members.parent_id = series.id
        ORDER BY members.created_sequence
    ) AS instances
FROM resources AS series
WHERE series.level = 3 AND series.id = ANY ($1::text [])
ORDER BY series.created_sequence
