-- The revision and the document of one rule.
SELECT revision, since, document FROM rules WHERE name = $1
