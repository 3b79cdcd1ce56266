"""Rich entries of the whole history: what changed, and in which study, modality and instance.

`reader` gives `entry` values that match one of the `filters`, the newest from its `tail` in memory;
`rendering` writes them as JSON. `routes` answers `/feed/entries`.
"""
