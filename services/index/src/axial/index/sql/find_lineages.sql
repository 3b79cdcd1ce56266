-- Some resources with what they belong to, each from the patient down to itself, in the order in which they are named.
SELECT array_remove(ARRAY[greatgrandparents.id, grandparents.id, parents.id, resources.id], NULL) AS ids
FROM unnest($1::text []) WITH ORDINALITY AS asked (id, place)
INNER JOIN resources ON asked.id = resources.id
LEFT JOIN resources AS parents ON resources.parent_id = parents.id
LEFT JOIN resources AS grandparents ON parents.parent_id = grandparents.id
LEFT JOIN resources AS greatgrandparents ON grandparents.parent_id = greatgrandparents.id
ORDER BY asked.place
