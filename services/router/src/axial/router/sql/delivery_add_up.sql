-- Add up the differences of the counts that nobody else is adding up.
WITH differences AS (
    DELETE FROM delivery_counts
    WHERE ctid IN (SELECT ctid FROM delivery_counts FOR UPDATE SKIP LOCKED)
    RETURNING destination, state, difference
)
INSERT INTO delivery_counts (destination, state, difference)
SELECT destination, state, sum(difference) FROM differences
GROUP BY destination, state
HAVING sum(difference) <> 0
