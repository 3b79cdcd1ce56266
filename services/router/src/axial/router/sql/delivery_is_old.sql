-- Whether a delivery, or a deletion, ended more than $1 days ago.
SELECT EXISTS (
    SELECT FROM destinations
    CROSS JOIN LATERAL (
        SELECT ended_at FROM deliveries
        WHERE destination = destinations.id AND ended_at < now() - $1::double precision * interval '1 day' AND NOT is_to_tell
        ORDER BY ended_at
        LIMIT 1
    ) AS old
) OR EXISTS (
    SELECT FROM deletions WHERE ended_at < now() - $1::double precision * interval '1 day'
)
