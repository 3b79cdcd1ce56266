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
    DELETE FROM metadata USING unnest($3::text[], $4::integer[], $5::bytea[]) AS gone (resource_id, number, value)
    WHERE metadata.resource_id = gone.resource_id AND metadata.number = gone.number AND gone.value IS NULL
), written_metadata AS (
    INSERT INTO metadata (resource_id, number, value, revision, searchable)
    SELECT * FROM unnest($3::text[], $4::integer[], $5::bytea[], $6::bigint[], $7::text[])
        AS written (resource_id, number, value, revision, searchable)
    WHERE value IS NOT NULL
    ON CONFLICT (resource_id, number) DO UPDATE SET
        value = EXCLUDED.value, revision = EXCLUDED.revision, searchable = EXCLUDED.searchable
), stripped_attachments AS (
    DELETE FROM attachments USING stripped
    WHERE attachments.resource_id = stripped.resource_id
      AND (attachments.resource_id, attachments.number) NOT IN (SELECT * FROM unnest($8::text[], $9::integer[]))
    RETURNING blob_key, log_sequence
), removed_attachments AS (
    DELETE FROM attachments
    USING unnest($8::text[], $9::integer[], $10::bigint[]) AS gone (resource_id, number, revision)
    WHERE attachments.resource_id = gone.resource_id AND attachments.number = gone.number AND gone.revision IS NULL
), written_attachments AS (
    INSERT INTO attachments
        (resource_id, number, revision, event_id, blob_key, size_bytes, md5, file_event_id, compressed_size_bytes,
         compressed_md5)
    SELECT * FROM unnest(
        $8::text[], $9::integer[], $10::bigint[], $11::uuid[], $12::text[], $13::bigint[], $14::text[], $15::uuid[],
        $16::bigint[], $17::text[])
        AS written (resource_id, number, revision)
    WHERE revision IS NOT NULL
    ON CONFLICT (resource_id, number) DO UPDATE SET
        revision = EXCLUDED.revision, event_id = EXCLUDED.event_id, blob_key = EXCLUDED.blob_key,
        size_bytes = EXCLUDED.size_bytes, md5 = EXCLUDED.md5, file_event_id = EXCLUDED.file_event_id,
        compressed_size_bytes = EXCLUDED.compressed_size_bytes, compressed_md5 = EXCLUDED.compressed_md5
), before AS (
    -- What all of these took, as this statement found it.
    SELECT coalesce(sum(size_bytes), 0) AS size_bytes,
        coalesce(sum(coalesce(compressed_size_bytes, size_bytes)), 0) AS disk_size_bytes
    FROM (
        SELECT size_bytes, compressed_size_bytes FROM attachments JOIN stripped USING (resource_id)
        UNION ALL
        SELECT size_bytes, compressed_size_bytes
        FROM attachments
        JOIN unnest($8::text[], $9::integer[]) AS named (resource_id, number) USING (resource_id, number)
        WHERE resource_id NOT IN (SELECT resource_id FROM stripped)
    ) AS concerned
), after AS (
    SELECT coalesce(sum(size_bytes), 0) AS size_bytes,
        coalesce(sum(coalesce(compressed_size_bytes, size_bytes)), 0) AS disk_size_bytes
    FROM unnest($13::bigint[], $16::bigint[]) AS written (size_bytes, compressed_size_bytes)
), summed AS (
    UPDATE totals SET
        size_bytes = totals.size_bytes + after.size_bytes - before.size_bytes,
        disk_size_bytes = totals.disk_size_bytes + after.disk_size_bytes - before.disk_size_bytes
    FROM before, after
), stripped_labels AS (
    DELETE FROM labels USING stripped
    WHERE labels.resource_id = stripped.resource_id
      AND (labels.resource_id, labels.label) NOT IN (SELECT * FROM unnest($18::text[], $19::text[]))
), removed_labels AS (
    DELETE FROM labels USING unnest($18::text[], $19::text[], $20::boolean[]) AS gone (resource_id, label, present)
    WHERE labels.resource_id = gone.resource_id AND labels.label = gone.label AND NOT gone.present
), written_labels AS (
    INSERT INTO labels (resource_id, label)
    SELECT resource_id, label FROM unnest($18::text[], $19::text[], $20::boolean[]) AS put (resource_id, label, present)
    WHERE present
    ON CONFLICT DO NOTHING
), forgotten_damage AS (
    DELETE FROM damaged_blobs USING stripped_attachments
    WHERE damaged_blobs.blob_key = stripped_attachments.blob_key
)
-- The blobs of attachments that nobody named, which are no damage any more.
INSERT INTO garbage (blob_key, log_sequence)
SELECT blob_key, log_sequence FROM stripped_attachments
ON CONFLICT DO NOTHING
