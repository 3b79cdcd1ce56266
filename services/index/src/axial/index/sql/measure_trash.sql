-- How many deletions stand in the trash, and what their files take.
SELECT
    count(*) AS deletions,
    coalesce(sum(disk_size_bytes), 0)::bigint AS disk_size_bytes
FROM trash
