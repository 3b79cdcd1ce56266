-- The highest sequence with a time below $1; 0 when there is none.
-- Numbers have no gaps and times never decrease with them, so halving finds it: 21 probes among 2,000,000 rows.
WITH RECURSIVE search (low, high) AS (
    -- Always: everything up to `low` is before $1, and nothing beyond `high` is.
    SELECT 0::bigint, change_sequence FROM feed.position
    UNION ALL
    SELECT CASE WHEN middle.ticks < $1::bigint THEN middle.sequence ELSE search.low END,
           CASE WHEN middle.ticks < $1::bigint THEN search.high ELSE middle.sequence - 1 END
    FROM search
    JOIN feed.changes AS middle ON middle.sequence = (search.low + search.high + 1) / 2
    WHERE search.low < search.high
)
SELECT low FROM search WHERE low = high
