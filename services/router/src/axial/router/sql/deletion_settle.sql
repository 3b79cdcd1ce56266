-- Write down what became of the wish to delete an instance here.
UPDATE deletions
SET state = $4::text,
    attempts = $5::integer,
    next_attempt_at = now() + $6::double precision * interval '1 second',
    reason = $7::text,
    ended_at = CASE WHEN $4 IN ('deleted', 'kept') THEN now() END
WHERE instance = $1 AND md5 = $2 AND rule = $3 AND state = 'due'
