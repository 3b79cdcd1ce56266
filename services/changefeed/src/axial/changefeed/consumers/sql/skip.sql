-- Leave an entry out of what a consumer gets, if it has not acknowledged it; again is once.
-- The row is locked so that an acknowledgement of the same moment comes before or after.
WITH behind AS (
    SELECT name FROM consumers
    WHERE name = $1 AND acknowledged < $2::bigint
    FOR UPDATE
), left_out AS (
    INSERT INTO skipped_entries (consumer, sequence, reason)
    SELECT name, $2, $3::text FROM behind
    ON CONFLICT (consumer, sequence) DO NOTHING
)
SELECT name FROM behind
