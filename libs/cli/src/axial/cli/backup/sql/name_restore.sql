-- Name the backup that is being restored.
INSERT INTO restoring.backup (id) VALUES ($1)
