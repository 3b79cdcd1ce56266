"""`axial import`: from paths to a report.

In the order of the work: `sources` finds files, `journal` knows which are finished, `upload` sends
one, `run` sends them all, `report` says what came of it.
"""
