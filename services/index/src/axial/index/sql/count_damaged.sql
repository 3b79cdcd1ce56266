-- How many blobs are damaged, and in which way.
SELECT damage, count(*) AS blobs FROM damaged_blobs GROUP BY damage
