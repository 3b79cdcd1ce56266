-- Move replay $1 on from $2 to $3, with what it shows; no row when somebody else has.
INSERT INTO rules_replays (run, sequence, content) VALUES ($1, $3, $4)
ON CONFLICT (run) DO UPDATE SET sequence = EXCLUDED.sequence, content = EXCLUDED.content, touched_at = now()
WHERE rules_replays.sequence = $2
RETURNING sequence
