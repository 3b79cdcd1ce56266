-- The row of `changes` that tells of the same fact as row $1 of Azure's feed.
SELECT change_sequence FROM feed.instance_changes WHERE sequence = $1
