-- The sums, when they are not what counting gives.
SELECT 1 FROM totals WHERE (patients, studies, series, instances, size_bytes) IS DISTINCT FROM (
    (SELECT count(*) FROM resources WHERE level = 1), (SELECT count(*) FROM resources WHERE level = 2),
    (SELECT count(*) FROM resources WHERE level = 3), (SELECT count(*) FROM resources WHERE level = 4),
    (SELECT coalesce(sum(i.size_bytes), 0) FROM instances i))
