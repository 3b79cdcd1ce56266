-- List the queries, as Orthanc does in the order of their identifiers.
SELECT id FROM queries
ORDER BY id
