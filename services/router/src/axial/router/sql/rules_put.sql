-- Make or replace rule $1.
INSERT INTO rules (name, revision, since, document) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE
    SET revision = EXCLUDED.revision, since = EXCLUDED.since, document = EXCLUDED.document
