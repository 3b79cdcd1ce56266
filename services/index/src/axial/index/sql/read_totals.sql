-- How much there is.
SELECT
    patients,
    studies,
    series,
    instances,
    size_bytes,
    disk_size_bytes
FROM totals
