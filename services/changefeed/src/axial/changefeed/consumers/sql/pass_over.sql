-- Move consumers ($1 names, $2 generations) over what none of them wants ($3 positions), never back.
UPDATE consumers
SET acknowledged = passed.sequence
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS passed (name, generation, sequence)
WHERE consumers.name = passed.name
  AND consumers.generation = passed.generation
  AND consumers.acknowledged < passed.sequence
