-- Move the position from where the batch was loaded to where it ends; no row means that somebody else has
-- moved it: this projector is fenced. Listeners learn of the commit.
WITH moved AS (
    UPDATE position
    SET log_sequence = $2, change_sequence = $3, instance_sequence = $4, ticks = $5
    WHERE log_sequence = $1
    RETURNING log_sequence
), summed AS (
    UPDATE totals SET patients = $6, studies = $7, series = $8, instances = $9, size_bytes = $10
    WHERE EXISTS (SELECT FROM moved)
)
SELECT pg_notify('feed', log_sequence::text) FROM moved
