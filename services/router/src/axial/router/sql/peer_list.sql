-- All that was said of peers.
SELECT name, definition
FROM peers
