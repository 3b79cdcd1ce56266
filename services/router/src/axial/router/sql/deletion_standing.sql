-- What has become of an instance ($1, MD5 $2) at the destinations where a rule wants it ($3).
SELECT kind, name,
       coalesce(state, CASE WHEN EXISTS (
           SELECT FROM delivery_keys
           WHERE instance = decode(replace($1, '-', ''), 'hex') AND md5 = decode($2, 'hex')
             AND destination = destinations.id
       ) THEN 'delivered' ELSE 'gone' END) AS state
FROM destinations
LEFT JOIN deliveries ON deliveries.destination = destinations.id
                    AND instance = $1 AND md5 = $2 AND NOT is_forgotten
WHERE destinations.id = ANY ($3::integer[])
