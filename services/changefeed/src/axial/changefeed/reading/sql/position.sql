-- Where the projection stands.
SELECT log_sequence, change_sequence, instance_sequence, ticks, cleared_sequence
FROM feed.position
