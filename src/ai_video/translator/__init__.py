"""A described shot becomes a graph: read by rules, template chosen, prompt composed, graph bound.

Entry points of the reading half: `parse_request` (the caller's JSON, unknown keys warn), `read_shot`
(text to slots, exclusions, people), `shot_level` (consistency level per character, with reasons),
`compose_prompt` (positive and negative per family and language). Everything is pure and
deterministic; words are data (`filmwords`, `notices.toml`). May import: comfyui, filmwords, domain,
errors. Test double: none is needed; cases live in tests/data/translation.
"""
