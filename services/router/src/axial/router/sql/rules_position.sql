-- The last change that rules were asked about.
SELECT sequence FROM rules_position
