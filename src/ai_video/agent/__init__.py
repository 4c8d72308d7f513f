"""The tools door: what Claude and other programs may ask of the studio, over the Model Context Protocol.

Entry points: `server.build_server` (a server of some tools), `stdio.serve` (this process's standard
streams), `http.ToolsDoor` (streamable HTTP inside the web application), `registry` (which tools there
are). One thin tool per studio verb; no tool takes a file's path or a URL. May import `bootstrap` and
everything below it, not `api`. No test double: tests use the official client.
"""
