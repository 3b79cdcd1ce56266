-- Where the projection stands, with the blocks of rows that events after $1 have changed the look of.
-- One statement is one snapshot: whoever knows the position knows every mark up to it.
SELECT p.log_sequence, p.change_sequence, p.instance_sequence, p.ticks AS high_ticks, p.cleared_sequence,
       s.feeds, s.blocks, s.log_sequences
FROM feed.position AS p
CROSS JOIN (
    SELECT array_agg(feed) AS feeds, array_agg(block) AS blocks, array_agg(log_sequence) AS log_sequences
    FROM feed.stale_blocks
    WHERE log_sequence > $1::bigint
) AS s
