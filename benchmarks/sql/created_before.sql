-- How many changes the first `instances` of patients with 2 studies of 2 series of 100 instances have caused.
CREATE FUNCTION pg_temp.created_before(instances bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT instances + (instances + 99) / 100 + (instances + 199) / 200 + (instances + 399) / 400
$$
