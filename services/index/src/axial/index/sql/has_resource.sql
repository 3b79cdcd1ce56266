-- Whether there is such a resource at this level.
SELECT EXISTS (SELECT FROM resources WHERE id = $1 AND level = $2)
