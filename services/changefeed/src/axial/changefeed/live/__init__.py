"""The history as it happens: `GET /feed/events`, Server-Sent Events that resume where they broke off.

`routes` opens an `event_stream` for each reader; `chunks` gives what it sends, spelled by `framing`.
"""
