-- Write down what a modality is about to be asked.
INSERT INTO commitment_reports (transaction_uid, remote_aet, requested)
VALUES ($1, $2, $3::jsonb)
