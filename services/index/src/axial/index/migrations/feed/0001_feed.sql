-- The feeds. Written by the projector alone, in the transaction that changes the index; read by changefeed.
-- Numbers come from the fold, never from a Postgres sequence: gapless, in commit order, the same on replay.
-- Times are ticks: 100 ns since 1970-01-01T00:00:00Z.

-- Where the fold stands. Its compare-and-set on log_sequence is what fences a second projector.
CREATE TABLE position (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    log_sequence      bigint NOT NULL,  -- the last event folded
    change_sequence   bigint NOT NULL,  -- the last number given in changes
    instance_sequence bigint NOT NULL,  -- the last number given in instance_changes
    ticks             bigint NOT NULL,  -- the last time given; none is ever below it
    cleared_sequence  bigint NOT NULL   -- changes up to here were cleared from Orthanc's view
);
INSERT INTO position (log_sequence, change_sequence, instance_sequence, ticks, cleared_sequence)
VALUES (0, 0, 0, 0, 0);

-- Orthanc's view: one row per change of a resource at any level.
CREATE TABLE changes (
    sequence     bigint   PRIMARY KEY,
    change_type  smallint NOT NULL,  -- Orthanc's ChangeType numbers; 4096 = Deleted
    level        smallint NOT NULL,  -- 1 patient, 2 study, 3 series, 4 instance
    resource_id  text     NOT NULL,
    ticks        bigint   NOT NULL,
    log_sequence bigint   NOT NULL,  -- the event that caused it
    previous_sequence  bigint,           -- the row before of the same resource, since it was created
    instance_sequence  bigint,           -- the row of instance_changes that tells of the same fact
    study_id           text,             -- NULL for a patient
    study_instance_uid text,             -- NULL for a patient
    modalities         text[] NOT NULL,  -- Modality (0008,0060) of the instances that had reached it, sorted
    aets               text[] NOT NULL   -- AE titles that had sent them, sorted
);

-- The changes that Orthanc's clients see: not `Deleted`, and not those of resources that were deleted since.
CREATE TABLE visible_changes (
    sequence bigint PRIMARY KEY
);

-- Azure's view: one row per instance created (0), deleted (1) or updated (2).
CREATE TABLE instance_changes (
    sequence            bigint   PRIMARY KEY,
    action              smallint NOT NULL,
    instance_id         text     NOT NULL,
    study_instance_uid  text     NOT NULL,
    series_instance_uid text     NOT NULL,
    sop_instance_uid    text     NOT NULL,
    ticks               bigint   NOT NULL UNIQUE,  -- strictly increasing: time order is sequence order
    change_sequence     bigint   NOT NULL,  -- the row of changes that tells of the same fact
    log_sequence        bigint   NOT NULL
);
-- The newest row of an instance tells the State of all its rows.
CREATE INDEX instance_changes_of_instance ON instance_changes (instance_id, sequence);

-- How rows are shown can change, though they do not: a change is hidden, an entry's State becomes another.
-- Readers that keep rendered pages learn here which of them to drop.
CREATE TABLE stale_blocks (
    feed         smallint NOT NULL,  -- 1 changes, 2 instance_changes
    block        bigint   NOT NULL,  -- sequence >> 10
    log_sequence bigint   NOT NULL,  -- the newest event that changed how a row in it is shown
    PRIMARY KEY (feed, block)
);
-- Followers ask for what is newer than what they have seen.
CREATE INDEX stale_blocks_in_order ON stale_blocks (log_sequence);

-- The data set of each present instance, for metadata and tags; gone with the instance.
CREATE TABLE datasets (
    instance_id     text   PRIMARY KEY,
    version         bigint NOT NULL,  -- the row of instance_changes that brought it
    header          bytea,            -- the file up to the pixel data, zstd; NULL: see header_blob_key
    header_blob_key text,
    CHECK ((header IS NULL) <> (header_blob_key IS NULL))
);
-- Compressed already: trying again would only cost time.
ALTER TABLE datasets ALTER COLUMN header SET STORAGE EXTERNAL;
-- Of those that a deletion with grace took (`index.trash`), as they were.
CREATE TABLE trash_datasets (
    deletion bigint NOT NULL,
    LIKE datasets INCLUDING STORAGE,
    PRIMARY KEY (deletion, instance_id)
);

CREATE FUNCTION refuse_to_rewrite_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME;
END $$;

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON instance_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_rewrite_history();
