"""The scrub: every blob is read once in a while, and what is not what was stored is told to the log.

`scrubber` is elected and goes on for ever; `walk` says whose turn it is, by the time that `pace` gives each; `examiner`
looks, at no more bytes a second than `pace` lets through, and tells; `figures` shows every replica's readers the same.
"""
