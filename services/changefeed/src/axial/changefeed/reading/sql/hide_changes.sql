-- Clear Orthanc's view of the changes up to a number; never uncover what was cleared before.
UPDATE changefeed.truncation
SET change_sequence = greatest(change_sequence, $1)
