-- Where the fold stands, and the sums that go with it.
SELECT log_sequence, change_sequence, instance_sequence, ticks,
       patients, studies, series, instances, size_bytes
FROM position, totals
