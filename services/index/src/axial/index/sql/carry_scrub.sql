-- A rebuilt projection is of the same files: the scrub goes on where it was.
UPDATE index_rebuild.scrub SET
    began_at = live.began_at,
    resource_id = live.resource_id,
    number = live.number
FROM index.scrub AS live
