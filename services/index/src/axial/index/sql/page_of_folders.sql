-- A page of what is below one resource and was there in time, in the order of the identifiers.
SELECT id, main_dicom_tags
FROM resources
WHERE parent_id = $1 AND id COLLATE "C" > $2 AND created_sequence <= $3
ORDER BY id COLLATE "C"
LIMIT $4
