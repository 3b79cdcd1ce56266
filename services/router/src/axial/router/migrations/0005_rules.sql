-- Routing rules: those that were PUT, and how far they have been carried out.

-- Which rules there are, as a number that every change of them raises. Whoever carries rules out holds it while doing
-- so: a rule that was acknowledged holds for everything that arrives after it.
CREATE TABLE rules_generation (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint  NOT NULL
);
INSERT INTO rules_generation (generation) VALUES (0);

CREATE TABLE rules (
    name     text   PRIMARY KEY,
    revision bigint NOT NULL,  -- the generation that began with it
    since    bigint NOT NULL,  -- the last change when it was made or enabled: it is for what came later
    document text   NOT NULL   -- JSON, as it was written
);

-- The last change of the feed that rules were asked about. No row: none yet, in a new installation.
CREATE TABLE rules_position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    sequence bigint  NOT NULL
);

-- How far replays are that deliver; moved in the transaction that writes the deliveries down.
CREATE TABLE rules_replays (
    run        uuid        PRIMARY KEY,
    sequence   bigint      NOT NULL,
    content    text        NOT NULL,  -- JSON, what the job shows
    began_at   timestamptz NOT NULL DEFAULT now(),
    touched_at timestamptz NOT NULL DEFAULT now()
);
