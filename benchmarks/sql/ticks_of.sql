-- When an event was recorded: from 2026-01-01T00:00:00Z on, twenty events a second.
CREATE FUNCTION pg_temp.ticks_of(log_sequence bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT 17672256000000000 + log_sequence * 500000
$$
