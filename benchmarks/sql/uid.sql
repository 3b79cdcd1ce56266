-- The UID of study (kind 1), series (2) or instance (3), as `DicomMaker` gives it in run 0.
CREATE FUNCTION pg_temp.uid(kind integer, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '2.25.' || kind || lpad(number::text, 30, '0')
$$
