-- It is done.
DROP SCHEMA restoring CASCADE
