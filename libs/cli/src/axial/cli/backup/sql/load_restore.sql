-- Which backup is being restored.
SELECT id FROM restoring.backup
