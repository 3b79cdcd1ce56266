-- How far replay $1 is, with what it shows.
SELECT sequence, content FROM rules_replays WHERE run = $1
