-- Questions that were asked of modalities, with their answers, for all replicas.
CREATE TABLE queries (
    id          uuid    PRIMARY KEY,
    -- When it was used last, in an order of its own: the one that was not for longest is forgotten first.
    used        bigint  NOT NULL,
    -- The modality's name.
    modality    text    NOT NULL,
    level       text    NOT NULL,
    -- What was asked for, as JSON: texts by tag, and how.
    tags        json    NOT NULL,
    normalize   boolean NOT NULL,
    local_aet   text    NOT NULL,
    -- None for as long as the modality may take for anything.
    timeout     integer
);

CREATE SEQUENCE query_uses;

CREATE INDEX queries_used ON queries (used);

-- Of C-MOVE requests, from the first that Orthanc gives to the last that there can be.
CREATE SEQUENCE move_numbers MINVALUE 1000 MAXVALUE 65535 CYCLE;

CREATE TABLE query_answers (
    query  uuid    NOT NULL REFERENCES queries (id) ON DELETE CASCADE,
    place  integer NOT NULL,
    -- In Orthanc's full format; as text, for it may hold what jsonb refuses.
    tags   json    NOT NULL,
    PRIMARY KEY (query, place)
);
