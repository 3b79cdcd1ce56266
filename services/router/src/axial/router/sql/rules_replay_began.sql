-- When replay $1 wrote down something for the first time; now, if it is now.
SELECT coalesce((SELECT began_at FROM rules_replays WHERE run = $1), now())
