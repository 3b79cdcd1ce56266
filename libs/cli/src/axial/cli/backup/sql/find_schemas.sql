-- Those of some schemas that there are.
SELECT nspname FROM pg_namespace WHERE nspname = ANY($1::text []) ORDER BY nspname
