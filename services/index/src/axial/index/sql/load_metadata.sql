-- Those of the named metadata that exist.
SELECT resource_id, number, value, revision
FROM metadata JOIN unnest($1::text[], $2::integer[]) AS named (resource_id, number) USING (resource_id, number)
