-- Keep the rules as they are until the end of the transaction.
SELECT generation FROM rules_generation FOR SHARE
