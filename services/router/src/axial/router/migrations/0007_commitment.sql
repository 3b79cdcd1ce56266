-- What modalities were asked to commit themselves to, and what they have reported. The one that nobody has looked at for
-- longest is forgotten first.
CREATE SEQUENCE commitment_places;

CREATE TABLE commitment_reports (
    transaction_uid text   PRIMARY KEY,
    -- Who was asked, then who has reported.
    remote_aet      text   NOT NULL,
    -- Each [SOP class, SOP instance].
    requested       jsonb  NOT NULL,
    -- NULL until there is a report; of what failed each [SOP class, SOP instance, reason].
    committed       jsonb,
    failed          jsonb,
    place           bigint NOT NULL DEFAULT nextval('commitment_places'),
    CHECK ((committed IS NULL) = (failed IS NULL))
);

CREATE INDEX ON commitment_reports (place);
