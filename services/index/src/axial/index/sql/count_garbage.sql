-- How many blobs wait to be removed.
SELECT count(*) FROM garbage
