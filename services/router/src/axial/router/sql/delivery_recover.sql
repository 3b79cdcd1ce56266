-- Give back what others were sending to destinations ($1) that were just taken in hand: it may have arrived.
UPDATE deliveries SET state = 'due', replica = NULL, next_attempt_at = NULL, is_doubtful = true
WHERE destination = ANY ($1::integer[]) AND state = 'sending'
