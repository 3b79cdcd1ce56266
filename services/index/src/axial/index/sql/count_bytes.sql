-- The bytes of all present instances.
SELECT coalesce(sum(size_bytes), 0)::bigint FROM instances
