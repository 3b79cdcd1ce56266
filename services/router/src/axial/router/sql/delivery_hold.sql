-- Hold on to the delivery numbered $1, until whoever is writing it has done so.
SELECT id FROM deliveries
WHERE id = $1
FOR UPDATE
