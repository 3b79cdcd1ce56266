-- Whether a patient may not be recycled; no row when there is no such patient.
SELECT is_protected FROM resources WHERE id = $1 AND level = 1
