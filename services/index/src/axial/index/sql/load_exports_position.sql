-- Where the log of exports stands.
SELECT sequence, cleared_sequence FROM exports_position
