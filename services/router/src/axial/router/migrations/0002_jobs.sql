-- Long work, shared by all replicas. A job that runs is in the hand of the replica that it names, and anybody's as soon
-- as that is not among `replicas`.
CREATE TABLE jobs (
    id               uuid             PRIMARY KEY,
    -- The order of submission.
    number           bigint           GENERATED ALWAYS AS IDENTITY,
    type             text             NOT NULL,
    state            text             NOT NULL DEFAULT 'Pending'
    CHECK (state IN ('Pending', 'Running', 'Success', 'Failure', 'Paused', 'Retry')),
    priority         integer          NOT NULL,
    -- JSON as text, for it may hold what jsonb refuses. What was asked for; what is shown, as submitted and as it is now;
    -- how far the job is, in notes of its kind's own.
    parameters       json             NOT NULL,
    submitted        json             NOT NULL,
    content          json             NOT NULL,
    notes            json             NOT NULL DEFAULT '{}',
    user_data        json             NOT NULL,
    progress         double precision NOT NULL DEFAULT 0,
    -- Why it failed: an error of ours by its name.
    error_kind       text,
    error_details    text             NOT NULL DEFAULT '',
    error_payload    json,
    -- What whoever has it in hand shall do with it.
    wish             text             CHECK (wish IN ('pause', 'cancel')),
    replica          uuid,
    -- How often our own services were away in a row, and when it is tried again.
    interruptions    integer          NOT NULL DEFAULT 0,
    retry_at         timestamptz,
    created_at       timestamptz      NOT NULL DEFAULT now(),
    changed_at       timestamptz      NOT NULL DEFAULT now(),
    -- How long it has run, up to `running_since` when it runs.
    run_seconds      double precision NOT NULL DEFAULT 0,
    running_since    timestamptz,
    CHECK ((state = 'Running') = (replica IS NOT NULL)),
    CHECK ((state = 'Running') = (running_since IS NOT NULL)),
    CHECK ((state = 'Retry') = (retry_at IS NOT NULL))
);

CREATE INDEX ON jobs (priority DESC, number) WHERE state IN ('Pending', 'Retry', 'Running');
CREATE INDEX ON jobs (changed_at DESC, number DESC) WHERE state IN ('Success', 'Failure');

-- What jobs have made. A blob is announced here before it is written, so that none is ever forgotten: it is removed when
-- its job is not there any more, or never came to finish it.
CREATE TABLE job_outputs (
    blob_key     text        PRIMARY KEY,
    -- None when the output was deleted.
    job          uuid,
    key          text        NOT NULL,
    -- Who writes it.
    replica      uuid        NOT NULL,
    media_type   text        NOT NULL,
    filename     text        NOT NULL,
    -- None until it is whole.
    size_bytes   bigint,
    announced_at timestamptz NOT NULL DEFAULT now(),
    -- When it was made, or fetched.
    used_at      timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ON job_outputs (job);
