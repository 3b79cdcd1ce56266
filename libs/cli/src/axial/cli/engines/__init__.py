"""The engines of one machine, from wheels: PostgreSQL, NATS, SeaweedFS, Caddy.

Each module prepares a data folder and returns a `Program`; starting it is somebody else's work
(`axial.cli.supervisor` for `axial up`, `axial.cli.foreground` for tests).
"""
