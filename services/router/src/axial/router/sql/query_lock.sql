-- Let no other query be kept meanwhile, so that each sees those that were before it decides what to forget.
SELECT pg_advisory_xact_lock(hashtext('router.queries'))
