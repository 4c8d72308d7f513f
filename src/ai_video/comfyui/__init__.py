"""One ComfyUI server and its workflows; no word of films here.

Entry points: `read_workflow_file` (a file from outside), `to_api` (editor format → API format),
`read_api` / `write_api` (typed graph), `shipped_node_list` and `parse_object_info` (which nodes there
are), `validate` and `preflight` (what a server would say, what it lacks), `find_roles` (what a
workflow's inputs mean), `rewrite` (pure changes of a graph), `ComfyClient` (a running server). May
import domain, settings, errors. Its test double is `fake_server`, which anybody can start:
`python -m ai_video.comfyui.fake_server --port 0`.
"""
