-- What Orthanc's clients see, but for changes in ($1, $2], whose resources are gone.
INSERT INTO feed.visible_changes (sequence)
SELECT sequence FROM feed.changes
WHERE change_type <> 4096 AND NOT (sequence > $1::bigint AND sequence <= $2::bigint)
ORDER BY sequence
