"""The command line `ai-video`: one thin command per studio verb.

Entry point: `ai_video.cli.main:main`. Every command opens the studio through `bootstrap`, calls one
verb and prints its document (`--json`) or its words (`present`). May import everything below; only
`asgi` starts the server. No test double: tests run the command on a data folder of their own.
"""
