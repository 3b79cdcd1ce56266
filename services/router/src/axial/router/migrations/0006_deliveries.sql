-- Instances on their way to destinations. With the jobs, this is what nothing can make again.

-- Where something was ever to be delivered to, known or not. Whoever has one in hand delivers to it, alone.
CREATE TABLE destinations (
    id                integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind              text        NOT NULL CHECK (kind IN ('modality', 'peer')),
    name              text        NOT NULL,
    replica           uuid,                           -- who has it in hand
    failures          integer     NOT NULL DEFAULT 0, -- times in a row that it was away
    failing_since     timestamptz,                    -- when the first of them was
    open_until        timestamptz,                    -- nothing is sent until then (an open circuit breaker)
    protocol          text        NOT NULL DEFAULT 'none',
    status            integer     NOT NULL DEFAULT 0, -- of the last attempt, as the protocol numbers it
    reason            text        NOT NULL DEFAULT '',
    attempted_at      timestamptz,
    last_delivered_at timestamptz,
    UNIQUE (kind, name)
);

-- One row for each destination, instance and file of it: asked for by two rules, or come back, it is sent once.
CREATE TABLE deliveries (
    id                   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- in order of arrival
    destination          integer     NOT NULL REFERENCES destinations,
    instance             text        NOT NULL,
    md5                  text        NOT NULL,
    sop_class_uid        text        NOT NULL,
    sop_instance_uid     text        NOT NULL,
    transfer_syntax_uid  text        NOT NULL,
    size_bytes           bigint      NOT NULL,
    change_sequence      bigint      NOT NULL,            -- of the change that asked for it first
    rules                text[]      NOT NULL,            -- that asked for it
    priority             integer     NOT NULL,            -- higher ones first
    maximum_attempts     integer     NOT NULL,
    give_up_at           timestamptz,                     -- NULL: never
    fallback             integer     REFERENCES destinations,
    fallback_after       integer     NOT NULL DEFAULT 0,  -- failures in a row
    delete_after         boolean     NOT NULL DEFAULT false,
    state                text        NOT NULL DEFAULT 'due'
        CHECK (state IN ('due', 'sending', 'delivered', 'dead', 'discarded', 'diverted', 'gone')),
    replica              uuid,                            -- who sends it
    asked_at             timestamptz NOT NULL DEFAULT now(), -- for the last time: replayed, it begins anew
    next_attempt_at      timestamptz,                     -- NULL: at once
    attempted_at         timestamptz,
    ended_at             timestamptz,
    attempts             integer     NOT NULL DEFAULT 0,  -- that failed for its own sake; an outage is none
    breaks               integer     NOT NULL DEFAULT 0,  -- times in a row that the answer to it was lost
    protocol             text        NOT NULL DEFAULT 'none',
    status               integer     NOT NULL DEFAULT 0,  -- of the last attempt, as the protocol numbers it
    reason               text        NOT NULL DEFAULT '',
    is_doubtful          boolean     NOT NULL DEFAULT false, -- it may have arrived although nobody was told
    is_duplicate         boolean     NOT NULL DEFAULT false, -- perhaps: it was sent again, and nobody could be asked
    is_forgotten         boolean     NOT NULL DEFAULT false, -- the instance was deleted: it would be a new one
    is_to_tell           boolean     NOT NULL DEFAULT false  -- the log of exports is still to hear of it
);

CREATE UNIQUE INDEX deliveries_once
    ON deliveries (instance, destination, md5, (CASE WHEN is_forgotten THEN id ELSE 0 END));
-- What comes next, and what comes when its time has come.
CREATE INDEX deliveries_next ON deliveries (destination, priority DESC, id)
    WHERE state = 'due' AND next_attempt_at IS NULL;
CREATE INDEX deliveries_waiting ON deliveries (destination, next_attempt_at)
    WHERE state = 'due' AND next_attempt_at IS NOT NULL;
-- The oldest one.
CREATE INDEX deliveries_open ON deliveries (destination, asked_at) WHERE state IN ('due', 'sending');
-- What is listed, was given up, or was in the hands of a dead replica.
CREATE INDEX deliveries_listed ON deliveries (destination, state, id);
CREATE INDEX deliveries_ended ON deliveries (destination, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX deliveries_to_tell ON deliveries (id) WHERE is_to_tell;
CREATE INDEX deliveries_given_up ON deliveries (give_up_at) WHERE state = 'due' AND give_up_at IS NOT NULL;
CREATE INDEX deliveries_with_fallback ON deliveries (destination, fallback_after)
    WHERE state = 'due' AND fallback IS NOT NULL;

-- What was delivered, or is not to be, for longer than its row is kept: so that it is not sent again.
CREATE TABLE delivery_keys (
    instance    bytea   NOT NULL,
    destination integer NOT NULL REFERENCES destinations,
    md5         bytea   NOT NULL,
    PRIMARY KEY (instance, destination, md5)
);

-- How many deliveries there are by state, as differences to be added up: nobody waits for anybody to count.
CREATE TABLE delivery_counts (
    destination integer NOT NULL,
    state       text    NOT NULL,
    difference  bigint  NOT NULL
);

CREATE FUNCTION count_new_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery_counts (destination, state, difference)
    SELECT destination, state, count(*) FROM new_rows GROUP BY destination, state;
    RETURN NULL;
END $$;

CREATE FUNCTION count_old_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery_counts (destination, state, difference)
    SELECT destination, state, -count(*) FROM old_rows GROUP BY destination, state;
    RETURN NULL;
END $$;

CREATE FUNCTION count_changed_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO delivery_counts (destination, state, difference)
    SELECT destination, state, sum(difference)
    FROM (SELECT destination, state, 1 AS difference FROM new_rows
          UNION ALL SELECT destination, state, -1 FROM old_rows) AS changed
    GROUP BY destination, state
    HAVING sum(difference) <> 0;
    RETURN NULL;
END $$;

CREATE TRIGGER counted_new AFTER INSERT ON deliveries
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_new_deliveries();
CREATE TRIGGER counted_old AFTER DELETE ON deliveries
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_old_deliveries();
CREATE TRIGGER counted_changed AFTER UPDATE ON deliveries
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_changed_deliveries();

-- Instances that a rule wants deleted here, once all its destinations have said that they have them.
CREATE TABLE deletions (
    instance        text        NOT NULL,
    md5             text        NOT NULL,
    rule            text        NOT NULL,
    destinations    integer[]   NOT NULL,
    -- waiting for deliveries, to be looked at, deleted here, or kept because nobody could confirm it
    state           text        NOT NULL CHECK (state IN ('waiting', 'due', 'deleted', 'kept')),
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    reason          text        NOT NULL DEFAULT '',
    ended_at        timestamptz,
    PRIMARY KEY (instance, md5, rule)
);

CREATE INDEX deletions_due ON deletions (next_attempt_at) WHERE state = 'due';
CREATE INDEX deletions_ended ON deletions (ended_at) WHERE ended_at IS NOT NULL;
