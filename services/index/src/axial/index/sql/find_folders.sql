-- What the folders of an archive are named by, in the order of the identifiers.
SELECT id, main_dicom_tags
FROM resources
WHERE id = ANY ($1::text [])
ORDER BY id COLLATE "C"
