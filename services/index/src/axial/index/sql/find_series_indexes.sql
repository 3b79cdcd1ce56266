-- Orthanc's metadata IndexInSeries of each instance in some series, as text: what is not a number counts
-- (it makes the series' status unknown), an instance that says nothing does not.
SELECT
    members.parent_id AS series_id,
    array_agg(said.index_in_series) AS indexes
FROM resources AS members
INNER JOIN instances ON members.id = instances.id
CROSS JOIN LATERAL (
    SELECT coalesce(
        instances.index_in_series::text,
        members.main_dicom_tags ->> 'InstanceNumber',
        members.main_dicom_tags ->> 'ImageIndex'
    ) AS index_in_series
) AS said
WHERE members.parent_id = ANY ($1::text []) AND said.index_in_series IS NOT NULL
GROUP BY members.parent_id
