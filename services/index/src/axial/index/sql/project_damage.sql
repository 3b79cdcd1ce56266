-- Write what a folded batch decided about damaged blobs, in the transaction of `project_batch`.
WITH sound AS (
    DELETE FROM damaged_blobs WHERE blob_key = ANY ($1::text [])
)

INSERT INTO damaged_blobs (blob_key, level, resource_id, number, damage, since_ticks)
SELECT * FROM unnest($2::text [], $3::smallint [], $4::text [], $5::integer [], $6::text [], $7::bigint [])
ON CONFLICT (blob_key) DO UPDATE SET damage = excluded.damage
