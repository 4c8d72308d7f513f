"""The plan's entities as values, the task state machine, media time and shared protocols.

No I/O. May import only `errors`. Entry points: `entities`, `task`, `slots`, `media_time`, `ports`.
"""
