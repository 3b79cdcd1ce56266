-- Hold on to one that is to be looked at: no outcome is written meanwhile that it would have to wait for.
SELECT destinations FROM deletions
WHERE instance = $1 AND md5 = $2 AND rule = $3 AND state = 'due'
FOR UPDATE
