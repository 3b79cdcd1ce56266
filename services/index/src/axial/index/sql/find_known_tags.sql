-- The main DICOM tags of some resources with those of what they belong to; the nearest level counts.
SELECT
    resources.id,
    coalesce(grandparents.main_dicom_tags, '{}') || coalesce(parents.main_dicom_tags, '{}')
    || resources.main_dicom_tags AS tags
FROM resources
-- A study has its patient's tags already.
LEFT JOIN resources AS parents ON resources.parent_id = parents.id AND parents.level >= 2
LEFT JOIN resources AS grandparents ON parents.parent_id = grandparents.id AND grandparents.level >= 2
WHERE resources.level = $2 AND resources.id = ANY ($1::text [])
