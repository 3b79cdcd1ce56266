-- Forget replay $1, and those that nobody has come back to for a month.
DELETE FROM rules_replays WHERE run = $1 OR touched_at < now() - interval '1 month'
