-- Where an instance ($1, MD5 $2) has got to, of where a rule wants it ($3), by way of fallbacks.
WITH RECURSIVE way (destination, depth) AS (
    SELECT destination, 1 FROM unnest($3::integer[]) AS destination
    UNION
    SELECT fallback, depth + 1
    FROM way JOIN deliveries USING (destination)
    WHERE instance = $1 AND md5 = $2 AND NOT is_forgotten AND state = 'diverted' AND fallback IS NOT NULL
      AND depth < 10
)
SELECT DISTINCT kind, name,
       coalesce(state, CASE WHEN EXISTS (
           SELECT FROM delivery_keys
           WHERE instance = decode(replace($1, '-', ''), 'hex') AND md5 = decode($2, 'hex')
             AND destination = way.destination
       ) THEN 'delivered' ELSE 'gone' END) AS state
FROM way
JOIN destinations ON destinations.id = way.destination
LEFT JOIN deliveries ON deliveries.destination = way.destination
                    AND instance = $1 AND md5 = $2 AND NOT is_forgotten
