-- The series whose count of taken places is not what their instances say.
SELECT r.id FROM resources r LEFT JOIN instances i
    ON i.series_id = r.id AND i.index_in_series BETWEEN 1 AND r.expected_instances
WHERE r.level = 3 AND r.expected_instances IS NOT NULL
GROUP BY r.id
HAVING r.distinct_indexes <> count(DISTINCT i.index_in_series)
