-- Take out what is gone, with everything kept about it.
WITH gone AS (SELECT unnest($1::text[]) AS id),
removed_instances AS (DELETE FROM instances USING gone WHERE instances.id = gone.id),
removed_datasets AS (DELETE FROM datasets USING gone WHERE datasets.instance_id = gone.id)
DELETE FROM resources USING gone WHERE resources.id = gone.id
