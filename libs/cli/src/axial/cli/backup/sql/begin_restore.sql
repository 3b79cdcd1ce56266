-- Remember which backup is being restored, until it is done.
CREATE SCHEMA restoring CREATE TABLE backup (id text NOT NULL)
