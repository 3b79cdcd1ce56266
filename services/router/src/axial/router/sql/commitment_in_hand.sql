-- What a modality has asked for under this transaction, and was not told about yet.
SELECT parameters ->> 'references' AS requested
FROM jobs
WHERE
    type = 'StorageCommitmentScp'
    AND state NOT IN ('Success', 'Failure')
    AND parameters ->> 'transaction_uid' = $1
    AND parameters ->> 'remote_aet' = $2
    AND NOT (parameters ->> 'is_duplicate')::boolean
