-- Up to which event of the log the index has come.
SELECT log_sequence FROM feed.position
