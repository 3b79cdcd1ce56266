-- The number of the newest change, be it hidden since.
SELECT change_sequence FROM position
