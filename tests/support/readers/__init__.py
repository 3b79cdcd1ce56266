"""Readers of every kind: each is written as its document says, and knows the system by its URL only.

`reader` says what all have in common; `changes`, `azure_v1`, `azure_v2`, `events`, `consumer`, `webhook` and
`stream` are one kind each; `crowd` runs one of each beside a test.
"""
