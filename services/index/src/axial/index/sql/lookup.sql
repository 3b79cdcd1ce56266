-- What is named by one DICOM identifier, in the form in which these are compared ($1) and as it is ($2).
SELECT
    id,
    level
FROM findable
WHERE level = 1 AND (tags ->> 'PatientID') COLLATE "C" = $1
UNION ALL
SELECT
    id,
    level
FROM findable
WHERE level = 2 AND (tags ->> 'StudyInstanceUID') COLLATE "C" = $1
UNION ALL
SELECT
    id,
    level
FROM findable
WHERE level = 3 AND (tags ->> 'SeriesInstanceUID') COLLATE "C" = $1
UNION ALL
SELECT
    id,
    4::smallint AS level
FROM instances
WHERE sop_instance_uid = $2
ORDER BY level, id
