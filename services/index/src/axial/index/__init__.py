"""The projection: the log folded into resources and feed rows, and read over REST.

In the order the data meets them: `projector` reads the log, `load` fetches what a batch touches, `fold`
decides (pure), `write` commits; `stability` notices what has come to rest, `collect` removes the blobs that
nothing refers to any more, `scrub` finds out whether the others are what was stored; `api` answers from what
was written, and `images` decodes its pixels; `rebuild` does the same beside the live tables; `verification`
checks that log, index and blobs agree.
"""
