-- The sums, when they are not what counting gives.
SELECT 1 FROM totals WHERE (patients, studies, series, instances, size_bytes, disk_size_bytes) IS DISTINCT FROM (
    (SELECT count(*) FROM resources WHERE level = 1), (SELECT count(*) FROM resources WHERE level = 2),
    (SELECT count(*) FROM resources WHERE level = 3), (SELECT count(*) FROM resources WHERE level = 4),
    (SELECT coalesce(sum(size_bytes), 0) FROM (
        SELECT size_bytes FROM instances UNION ALL SELECT size_bytes FROM attachments) AS files),
    (SELECT coalesce(sum(coalesce(compressed_size_bytes, size_bytes)), 0) FROM (
        SELECT compressed_size_bytes, size_bytes FROM instances
        UNION ALL
        SELECT compressed_size_bytes, size_bytes FROM attachments) AS files))
