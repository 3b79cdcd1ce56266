-- Begin behind change $1, unless it has begun already.
INSERT INTO rules_position (sequence) VALUES ($1) ON CONFLICT (only_row) DO NOTHING
