-- Begin a generation: others who change rules, and whoever carries them out, wait for the end of the transaction.
UPDATE rules_generation SET generation = generation + 1 RETURNING generation
