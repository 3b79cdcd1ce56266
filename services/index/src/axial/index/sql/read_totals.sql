-- How much there is.
SELECT
    patients,
    studies,
    series,
    instances,
    size_bytes
FROM totals
