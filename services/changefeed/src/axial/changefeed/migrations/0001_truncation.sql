-- How far Orthanc's users have cleared their view of the changes (DELETE /changes).
-- The history itself stays: a view of it starts behind the mark.
CREATE TABLE truncation (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    change_sequence bigint NOT NULL  -- changes up to this number are not shown
);
INSERT INTO truncation (change_sequence) VALUES (0);
