-- Until the end of the transaction no delivery is reduced to its key, which is looked for in later statements.
SELECT pg_advisory_xact_lock_shared(hashtext('router.delivery_keys'))
