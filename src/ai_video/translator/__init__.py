"""A described shot becomes a graph: read, template chosen, prompt composed, graph bound.

Entry points: `translate_document` (a caller's JSON in, always an answer out), `translate_input` (the
same, raising), `translate` (typed and pure). Their parts: `parse_request` (unknown keys warn),
`read_shot` (text to slots, exclusions, people), `shot_levels` (consistency level per character, with
reasons), `choose` (template, with reasons), `compose_prompt` (per family and language), `bind` (values
and assets into the graph; what has no place is unmet), `consistency_tables`. All of these are pure
and deterministic; words are data (`filmwords`, `notices.toml`, `consistency.toml`).

`ModelTranslator` lets a language model read shots instead (`model_shot` makes one ready to be asked
about, `open_to_choice` finds its templates): batches, checks, repairs, then the rules; all that
follows a reading is the same. May import: comfyui, filmwords, domain, errors. Test double: a
`StructuredLLM` that is scripted (`llm.scripted`); cases live in tests/data/translation.
"""
