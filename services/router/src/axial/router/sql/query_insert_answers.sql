-- Keep some answers to a query, from a place on.
INSERT INTO query_answers (query, place, tags)
SELECT $1, $2::integer + numbered.ordinality - 1, numbered.tags
FROM unnest($3::json []) WITH ORDINALITY AS numbered (tags, ordinality)
