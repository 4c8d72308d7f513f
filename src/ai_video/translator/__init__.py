"""A described shot becomes a graph: read by rules, template chosen, prompt composed, graph bound.

Entry points: `translate_document` (a caller's JSON in, always an answer out), `translate_input` (the
same, raising), `translate` (typed and pure). Their parts: `parse_request` (unknown keys warn),
`read_shot` (text to slots, exclusions, people), `shot_levels` (consistency level per character, with
reasons), `choose` (template, with reasons), `compose_prompt` (per family and language), `bind` (values
and assets into the graph; what has no place is unmet), `consistency_tables`. Everything is pure and
deterministic; words are data (`filmwords`, `notices.toml`, `consistency.toml`). May import: comfyui,
filmwords, domain, errors. Test double: none is needed; cases live in tests/data/translation.
"""
