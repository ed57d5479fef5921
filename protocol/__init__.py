"""The Parley wire protocol, sans-IO: structures, codec, connection state machine and client view.

Nothing in this package opens a socket, reads a clock or draws a random number, so that the broker,
every connector and any third party can build on it. ``docs/protocol.md`` is its specification;
clauses are cited as ``W-n``.
"""
