-- Blobs that nobody will ask for: taken from their jobs, of jobs that are gone, or never finished and in nobody's hand.
-- The latter wait for a while: their writer may not know yet that the job is another's.
SELECT blob_key
FROM job_outputs
WHERE
    CASE
        WHEN size_bytes IS NOT NULL
            THEN job IS NULL OR NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = job_outputs.job)
        ELSE
            announced_at < now() - $1::double precision * interval '1 second'
            AND NOT EXISTS (
                SELECT 1
                FROM jobs
                WHERE jobs.id = job_outputs.job AND jobs.replica = job_outputs.replica
            )
    END
ORDER BY announced_at
LIMIT $2
