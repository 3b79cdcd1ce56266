-- What Orthanc counts for queries: how many there are below some resources, and of which kinds.
WITH RECURSIVE below AS (
    SELECT
        id AS root,
        id,
        level
    FROM resources
    WHERE level = $2 AND id = ANY ($1::text [])
    UNION ALL
    SELECT
        below.root,
        children.id,
        children.level
    FROM below
    INNER JOIN resources AS children ON below.id = children.parent_id
)

SELECT
    below.root AS id,
    count(*) FILTER (WHERE below.level = 2)::text AS studies,
    count(*) FILTER (WHERE below.level = 3)::text AS series,
    count(*) FILTER (WHERE below.level = 4)::text AS instances,
    coalesce(string_agg(DISTINCT resources.main_dicom_tags ->> 'Modality', '\' ORDER BY
        resources.main_dicom_tags ->> 'Modality') FILTER (WHERE below.level = 3), '') AS modalities,
    coalesce(string_agg(DISTINCT instances.sop_class_uid, '\' ORDER BY instances.sop_class_uid), '') AS sop_classes,
    'ONLINE' AS availability
FROM below
LEFT JOIN resources ON below.level = 3 AND below.id = resources.id
LEFT JOIN instances ON below.level = 4 AND below.id = instances.id
GROUP BY below.root
