-- Remove the rows of a deletion, which came back or went for good, in the transaction of `project_batch`.
WITH removed_resources AS (
    DELETE FROM trash_resources
    WHERE deletion = $1
),

removed_findable AS (
    DELETE FROM trash_findable
    WHERE deletion = $1
),

removed_instances AS (
    DELETE FROM trash_instances
    WHERE deletion = $1
),

removed_datasets AS (
    DELETE FROM trash_datasets
    WHERE deletion = $1
),

removed_metadata AS (
    DELETE FROM trash_metadata
    WHERE deletion = $1
),

removed_attachments AS (
    DELETE FROM trash_attachments
    WHERE deletion = $1
),

removed_labels AS (
    DELETE FROM trash_labels
    WHERE deletion = $1
)

DELETE FROM trash
WHERE deletion = $1
