-- Write what a folded batch decided about metadata, attachments and labels, in the transaction of `project_batch`.
-- $1, $2: resources that went, though some may have come again. What was attached to them before goes with them; what
-- the batch itself decided about ($3…) is left to the other parts, since one statement must not touch a row twice.
WITH stripped AS (
    SELECT resource_id, log_sequence FROM unnest($1::text[], $2::bigint[]) AS gone (resource_id, log_sequence)
), stripped_metadata AS (
    DELETE FROM metadata USING stripped
    WHERE metadata.resource_id = stripped.resource_id
      AND (metadata.resource_id, metadata.number) NOT IN (SELECT * FROM unnest($3::text[], $4::integer[]))
), removed_metadata AS (
    DELETE FROM metadata USING unnest($3::text[], $4::integer[], $5::text[]) AS gone (resource_id, number, value)
    WHERE metadata.resource_id = gone.resource_id AND metadata.number = gone.number AND gone.value IS NULL
), written_metadata AS (
    INSERT INTO metadata (resource_id, number, value, revision)
    SELECT * FROM unnest($3::text[], $4::integer[], $5::text[], $6::bigint[])
        AS written (resource_id, number, value, revision)
    WHERE value IS NOT NULL
    ON CONFLICT (resource_id, number) DO UPDATE SET value = EXCLUDED.value, revision = EXCLUDED.revision
), stripped_attachments AS (
    DELETE FROM attachments USING stripped
    WHERE attachments.resource_id = stripped.resource_id
      AND (attachments.resource_id, attachments.number) NOT IN (SELECT * FROM unnest($7::text[], $8::integer[]))
    RETURNING blob_key, log_sequence
), removed_attachments AS (
    DELETE FROM attachments USING unnest($7::text[], $8::integer[], $9::bigint[]) AS gone (resource_id, number, revision)
    WHERE attachments.resource_id = gone.resource_id AND attachments.number = gone.number AND gone.revision IS NULL
), written_attachments AS (
    INSERT INTO attachments (resource_id, number, revision, event_id, blob_key, size_bytes, md5)
    SELECT * FROM unnest($7::text[], $8::integer[], $9::bigint[], $10::uuid[], $11::text[], $12::bigint[], $13::text[])
        AS written (resource_id, number, revision, event_id, blob_key, size_bytes, md5)
    WHERE revision IS NOT NULL
    ON CONFLICT (resource_id, number) DO UPDATE SET
        revision = EXCLUDED.revision, event_id = EXCLUDED.event_id, blob_key = EXCLUDED.blob_key,
        size_bytes = EXCLUDED.size_bytes, md5 = EXCLUDED.md5
), stripped_labels AS (
    DELETE FROM labels USING stripped
    WHERE labels.resource_id = stripped.resource_id
      AND (labels.resource_id, labels.label) NOT IN (SELECT * FROM unnest($14::text[], $15::text[]))
), removed_labels AS (
    DELETE FROM labels USING unnest($14::text[], $15::text[], $16::boolean[]) AS gone (resource_id, label, present)
    WHERE labels.resource_id = gone.resource_id AND labels.label = gone.label AND NOT gone.present
), written_labels AS (
    INSERT INTO labels (resource_id, label)
    SELECT resource_id, label FROM unnest($14::text[], $15::text[], $16::boolean[]) AS put (resource_id, label, present)
    WHERE present
    ON CONFLICT DO NOTHING
)
-- The blobs of attachments that nobody named.
INSERT INTO garbage (blob_key, log_sequence)
SELECT blob_key, log_sequence FROM stripped_attachments
ON CONFLICT DO NOTHING
