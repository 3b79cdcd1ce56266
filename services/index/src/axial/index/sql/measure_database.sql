-- How many bytes the database has on disk.
SELECT pg_database_size(current_database()) AS size_bytes
