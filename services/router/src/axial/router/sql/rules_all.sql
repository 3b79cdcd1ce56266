-- All rules that were PUT, with the generation; one row without a rule when there are none.
SELECT rules_generation.generation, rules.name, rules.revision, rules.since, rules.document
FROM rules_generation
LEFT JOIN rules ON true
ORDER BY rules.name
