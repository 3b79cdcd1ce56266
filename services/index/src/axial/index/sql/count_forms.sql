-- How many files have another blob than the one they came with.
SELECT
    (SELECT count(*) FROM instances WHERE file_event_id IS NOT NULL)
    + (SELECT count(*) FROM attachments WHERE file_event_id IS NOT NULL)
