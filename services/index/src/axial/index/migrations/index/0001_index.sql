-- The resources as they are now: a projection of the log that can be dropped and rebuilt.
-- There are no foreign keys: the one writer folds parents before children, and `axial verify` checks the tree.

-- Patients, studies, series and instances, by Orthanc's identifiers.
CREATE TABLE resources (
    id               text     PRIMARY KEY,
    level            smallint NOT NULL,  -- 1 patient, 2 study, 3 series, 4 instance
    parent_id        text,               -- NULL for a patient
    created_sequence bigint   NOT NULL,  -- the feed.changes row that created it: the order of lists
    main_dicom_tags  jsonb    NOT NULL,  -- keyword to value, this level's only
    child_count      integer  NOT NULL,  -- a resource goes with its last child
    updated_ticks    bigint   NOT NULL,  -- Orthanc's LastUpdate
    arrived_ticks    bigint   NOT NULL,  -- when the last instance reached it
    is_stable        boolean  NOT NULL,  -- found quiet since then; instances always are
    expected_instances integer,          -- what a series promises; NULL when it does not
    distinct_indexes integer  NOT NULL,  -- how many of the places 1 to expected_instances are taken
    study_instance_uid text   NOT NULL,  -- of the study it belongs to; empty for a patient
    modalities       text     NOT NULL,  -- of the instances that have reached it: sorted, joined by backslashes
    aets             text     NOT NULL,  -- AE titles that have sent them: sorted, joined by backslashes
    newest_change    bigint   NOT NULL,  -- the newest feed.changes row that tells of it
    is_protected     boolean  NOT NULL,  -- a patient that must not be recycled; false below
    recycling_sequence bigint NOT NULL   -- the event by which a patient became the newest; 0 below
);
CREATE UNIQUE INDEX resources_in_order ON resources (level, created_sequence);
-- The last updated first (`OrderBy`); instances are never asked for so.
CREATE INDEX resources_by_update ON resources (level, updated_ticks) WHERE level < 4;
-- Who goes first when room is needed.
CREATE INDEX resources_to_recycle ON resources (recycling_sequence) WHERE level = 1 AND NOT is_protected;
-- What the timer of stable resources watches.
CREATE INDEX resources_restless ON resources (arrived_ticks) WHERE NOT is_stable;
CREATE INDEX resources_of_parent ON resources (parent_id, created_sequence) WHERE parent_id IS NOT NULL;

-- The main DICOM tags of patients, studies and series in the form in which queries compare them: upper case. Rows
-- are written once, whatever happens to the resource meanwhile, so that indexes cost little; and a level's rows
-- are narrow and stand together, so that looking through all of them (`*x*`) is quick.
CREATE TABLE findable (
    id               text     NOT NULL,
    level            smallint NOT NULL,
    parent_id        text,
    created_sequence bigint   NOT NULL,
    tags             jsonb    NOT NULL,  -- a study's has its patient's too
    PRIMARY KEY (id, level)
) PARTITION BY LIST (level);
CREATE TABLE findable_patients PARTITION OF findable FOR VALUES IN (1);
CREATE TABLE findable_studies PARTITION OF findable FOR VALUES IN (2);
CREATE TABLE findable_series PARTITION OF findable FOR VALUES IN (3);
CREATE INDEX findable_in_order ON findable (created_sequence);
CREATE INDEX findable_studies_of_parent ON findable_studies (parent_id);
CREATE INDEX findable_series_of_parent ON findable_series (parent_id);
-- Values and ranges of values; byte order is the order of dates. No value has more than 256 bytes before upper case.
CREATE INDEX findable_patients_by_id ON findable_patients (((tags ->> 'PatientID') COLLATE "C"));
CREATE INDEX findable_studies_by_patient_id ON findable_studies (((tags ->> 'PatientID') COLLATE "C"));
CREATE INDEX findable_studies_by_patient_name ON findable_studies (((tags ->> 'PatientName') COLLATE "C"));
CREATE INDEX findable_studies_by_uid ON findable_studies (((tags ->> 'StudyInstanceUID') COLLATE "C"));
CREATE INDEX findable_studies_by_accession_number ON findable_studies (((tags ->> 'AccessionNumber') COLLATE "C"));
CREATE INDEX findable_studies_by_date ON findable_studies (((tags ->> 'StudyDate') COLLATE "C"));
CREATE INDEX findable_series_by_uid ON findable_series (((tags ->> 'SeriesInstanceUID') COLLATE "C"));

-- What only an instance has.
CREATE TABLE instances (
    id                  text   PRIMARY KEY,
    series_id           text   NOT NULL,
    version             bigint NOT NULL,         -- the feed.instance_changes row that brought these bytes
    event_id            uuid   NOT NULL UNIQUE,  -- the event that brought these bytes; part of their key
    study_instance_uid  text   NOT NULL,
    series_instance_uid text   NOT NULL,
    sop_instance_uid    text   NOT NULL,
    sop_class_uid       text   NOT NULL,
    transfer_syntax_uid text   NOT NULL,
    index_in_series     integer,
    pixel_data_offset   bigint,
    pixel_data_vr       text,
    size_bytes          bigint NOT NULL,
    md5                 text   NOT NULL,
    blob_key            text   NOT NULL,
    header_blob_key     text,
    received_ticks      bigint NOT NULL,
    protocol            text   NOT NULL,  -- Orthanc's Origin
    remote_ip           text   NOT NULL,
    remote_aet          text   NOT NULL,
    called_aet          text   NOT NULL,
    http_username       text   NOT NULL,
    file_revision       bigint NOT NULL,  -- how often the file was put in another form
    file_event_id       uuid,             -- the event that brought the present blob, when it is not the first one
    compressed_size_bytes bigint,         -- of the blob when it is compressed; NULL when it is the file itself
    compressed_md5      text
);
-- The event in the name of a blob is looked for in one of two columns.
CREATE UNIQUE INDEX instances_by_file_event ON instances (file_event_id) WHERE file_event_id IS NOT NULL;
-- Whether another instance claims the same place in its series.
CREATE INDEX instances_in_series ON instances (series_id, index_in_series);
CREATE INDEX instances_by_uid ON instances (sop_instance_uid);

-- Sums over the above, kept in step so that /statistics never counts millions of rows.
CREATE TABLE totals (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    patients   bigint NOT NULL,
    studies    bigint NOT NULL,
    series     bigint NOT NULL,
    instances  bigint NOT NULL,
    size_bytes bigint NOT NULL,      -- of all files, those of attachments too
    disk_size_bytes bigint NOT NULL  -- as they are kept
);
INSERT INTO totals (patients, studies, series, instances, size_bytes, disk_size_bytes) VALUES (0, 0, 0, 0, 0, 0);

-- Blobs that no instance refers to any more, to be removed by the collector; a row goes with its blob.
CREATE TABLE garbage (
    blob_key     text   PRIMARY KEY,
    log_sequence bigint NOT NULL
);

-- What users attach to resources, by the numbers of the configuration; gone with the resource.
CREATE TABLE metadata (
    resource_id text    NOT NULL,
    number      integer NOT NULL,
    value       bytea   NOT NULL,
    searchable  text    NOT NULL,  -- the value as text, with which queries compare; what is no text is replaced
    revision    bigint  NOT NULL,
    PRIMARY KEY (resource_id, number)
);
CREATE TABLE attachments (
    resource_id text    NOT NULL,
    number      integer NOT NULL,
    revision    bigint  NOT NULL,
    event_id    uuid    NOT NULL UNIQUE,  -- the event that brought these bytes; part of their key
    blob_key    text    NOT NULL,
    size_bytes  bigint  NOT NULL,
    md5         text    NOT NULL,
    file_event_id uuid,              -- these three as in `instances`
    compressed_size_bytes bigint,
    compressed_md5 text,
    PRIMARY KEY (resource_id, number)
);
CREATE UNIQUE INDEX attachments_by_file_event ON attachments (file_event_id) WHERE file_event_id IS NOT NULL;
CREATE TABLE labels (
    resource_id text NOT NULL,
    label       text NOT NULL,
    PRIMARY KEY (resource_id, label)
);
CREATE INDEX labels_by_name ON labels (label, resource_id);

-- What was sent to others (Orthanc's `/exports`); the rows outlive the resources, and go when the log is cleared.
CREATE TABLE exports (
    sequence            bigint   PRIMARY KEY,
    level               smallint NOT NULL,  -- 1 patient, 2 study, 3 series, 4 instance
    resource_id         text     NOT NULL,
    remote_modality     text     NOT NULL,
    ticks               bigint   NOT NULL,
    patient_id          text     NOT NULL,
    study_instance_uid  text     NOT NULL,  -- empty above its level, as the next two
    series_instance_uid text     NOT NULL,
    sop_instance_uid    text     NOT NULL
);
-- The last number given in exports, and the last one cleared: numbering goes on.
CREATE TABLE exports_position (
    only_row         boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    sequence         bigint NOT NULL,
    cleared_sequence bigint NOT NULL
);
INSERT INTO exports_position (sequence, cleared_sequence) VALUES (0, 0);

-- Blobs that are not what was stored, as the scrub found them; a row goes with the last use of its blob, or when that
-- is found whole again.
CREATE TABLE damaged_blobs (
    blob_key    text     PRIMARY KEY,
    level       smallint NOT NULL,
    resource_id text     NOT NULL,
    number      integer  NOT NULL,  -- of the attachment; 1 is the file of an instance, 3 its header
    damage      text     NOT NULL,  -- missing, corrupted, unreadable
    since_ticks bigint   NOT NULL
);
-- Where the scrub stands: no fact of the log. Whoever rebuilds the projection takes it along.
CREATE TABLE scrub (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    began_at    timestamptz,       -- when the present walk over all blobs began; NULL before the first one
    resource_id text    NOT NULL,  -- the last file that was looked at, in the order of these two
    number      integer NOT NULL
);
INSERT INTO scrub (resource_id, number) VALUES ('', 0);

-- What deletions with grace took, each under the number of its event in the log, until it comes back or the time is
-- over: resources are gone for every reader, and their rows and blobs stand here.
CREATE TABLE trash (
    deletion        bigint   PRIMARY KEY,
    level           smallint NOT NULL,  -- of what was to be deleted: 1 patient, 2 study, 3 series, 4 instance
    resource_id     text     NOT NULL,
    deleted_ticks   bigint   NOT NULL,
    until_ticks     bigint   NOT NULL,  -- from when on the clock may empty it
    instances       bigint   NOT NULL,
    disk_size_bytes bigint   NOT NULL   -- of all files, those of attachments too
);
CREATE INDEX trash_in_order ON trash (until_ticks);
-- The rows as they were; each table has its twin's columns behind its own.
CREATE TABLE trash_resources (
    deletion bigint  NOT NULL,
    went     boolean NOT NULL,  -- false for an ancestor that stayed, and may have gone since
    LIKE resources,
    PRIMARY KEY (deletion, id)
);
CREATE TABLE trash_findable (deletion bigint NOT NULL, LIKE findable, PRIMARY KEY (deletion, id));
CREATE TABLE trash_instances (deletion bigint NOT NULL, LIKE instances, PRIMARY KEY (deletion, id));
CREATE INDEX trash_instances_by_event ON trash_instances (event_id);
CREATE INDEX trash_instances_by_file_event ON trash_instances (file_event_id) WHERE file_event_id IS NOT NULL;
CREATE TABLE trash_metadata (deletion bigint NOT NULL, LIKE metadata, PRIMARY KEY (deletion, resource_id, number));
CREATE TABLE trash_attachments (
    deletion bigint NOT NULL,
    LIKE attachments,
    PRIMARY KEY (deletion, resource_id, number)
);
CREATE INDEX trash_attachments_by_event ON trash_attachments (event_id);
CREATE INDEX trash_attachments_by_file_event ON trash_attachments (file_event_id) WHERE file_event_id IS NOT NULL;
CREATE TABLE trash_labels (deletion bigint NOT NULL, LIKE labels, PRIMARY KEY (deletion, resource_id, label));
