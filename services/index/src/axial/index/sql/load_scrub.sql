-- Where the scrub stands; `began_at` in seconds since 1970.
SELECT
    resource_id,
    number,
    extract(EPOCH FROM began_at)::double precision AS began_at
FROM scrub
