-- Where the projection stands.
SELECT log_sequence, change_sequence, instance_sequence, ticks
FROM feed.position
