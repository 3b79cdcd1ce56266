-- How many instances claim each of these places in their series.
SELECT i.series_id, i.index_in_series, count(*) AS claims
FROM instances i JOIN unnest($1::text[], $2::integer[]) AS place (series_id, index_in_series)
    USING (series_id, index_in_series)
GROUP BY i.series_id, i.index_in_series
