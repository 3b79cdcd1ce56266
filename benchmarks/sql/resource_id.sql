-- A name in the form of Orthanc's: random digits, so that indexes are as scattered as with real ones.
CREATE FUNCTION pg_temp.resource_id(level integer, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT left(md5(level || '/' || number), 8) || '-' || substr(md5(level || '/' || number), 9, 8) || '-' ||
           substr(md5(level || '/' || number), 17, 8) || '-' || right(md5(level || '/' || number), 8) || '-' ||
           lpad(to_hex(number), 8, '0')
$$
