-- What has become of instance $1 with MD5 $2 at destinations ($3 kinds, $4 names); what is nothing is left out.
SELECT asked.kind, asked.name, coalesce(deliveries.state, 'delivered') AS state
FROM unnest($3::text[], $4::text[]) AS asked (kind, name)
JOIN destinations USING (kind, name)
LEFT JOIN deliveries
    ON deliveries.destination = destinations.id AND deliveries.instance = $1 AND deliveries.md5 = $2
    AND NOT deliveries.is_forgotten
LEFT JOIN delivery_keys
    ON delivery_keys.destination = destinations.id
    AND delivery_keys.instance = decode(replace($1, '-', ''), 'hex') AND delivery_keys.md5 = decode($2, 'hex')
WHERE deliveries.id IS NOT NULL OR delivery_keys.instance IS NOT NULL
