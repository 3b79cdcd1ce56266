-- Named consumers of the feed. Besides the log, their positions are the one thing that nothing can make again.

-- Where each consumer stands. Whoever reads for it may be many; every step is one compare-and-set on this row.
CREATE TABLE consumers (
    name            text        PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    filter          jsonb       NOT NULL,  -- which entries it wants, as Filter.to_json writes it
    generation      bigint      NOT NULL,  -- another number after each rewind or change of the filter
    acknowledged    bigint      NOT NULL CHECK (acknowledged >= 0),  -- all of the feed up to here is done with
    created_at      timestamptz NOT NULL DEFAULT now(),
    paused          boolean     NOT NULL DEFAULT false,
    paused_reason   text        NOT NULL DEFAULT '',
    push_url        text,                  -- NULL: it reads by itself
    push_secrets    text[]      NOT NULL DEFAULT '{}',  -- whsec_…; never shown
    push_batch      integer     NOT NULL DEFAULT 1,     -- entries in one request, at most
    failures        integer     NOT NULL DEFAULT 0,     -- attempts in a row that failed
    failing_since   timestamptz,           -- when the first of them did
    next_attempt_at timestamptz,           -- NULL: at once
    last_status     text        NOT NULL DEFAULT ''     -- of the last attempt: an HTTP status, or a kind of failure
);

-- Numbers that are never given twice: a consumer made anew under an old name is not mistaken for the old one.
CREATE SEQUENCE generations;

-- Entries that a consumer could not take, and an operator decided to leave out.
CREATE TABLE skipped_entries (
    consumer      text        NOT NULL REFERENCES consumers ON DELETE CASCADE,
    sequence      bigint      NOT NULL,
    reason        text        NOT NULL,
    skipped_at    timestamptz NOT NULL DEFAULT now(),
    replayed_at   timestamptz,          -- the last replay
    replay_result text,                 -- and what became of it
    PRIMARY KEY (consumer, sequence)
);

-- What a consumer's reader may show in the place of a password: the SHA-256 of a random token.
CREATE TABLE consumer_tokens (
    consumer   text        PRIMARY KEY REFERENCES consumers ON DELETE CASCADE,
    digest     bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Whoever waits or sends for a consumer hears of what others decide about it; progress alone is not told.
CREATE FUNCTION tell_of_consumer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('consumers', coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[0]);
    RETURN NULL;
END $$;

CREATE TRIGGER told AFTER INSERT OR DELETE
    OR UPDATE OF filter, generation, paused, push_url, push_secrets, push_batch ON consumers
    FOR EACH ROW EXECUTE FUNCTION tell_of_consumer('name');
CREATE TRIGGER told AFTER INSERT ON skipped_entries
    FOR EACH ROW EXECUTE FUNCTION tell_of_consumer('consumer');
