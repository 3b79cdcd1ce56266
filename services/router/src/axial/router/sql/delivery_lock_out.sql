-- Wait for those who look for keys, and let none begin until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtext('router.delivery_keys'))
