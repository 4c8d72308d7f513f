"""Language models: one call, one typed answer, whoever's model it is; no word of films here.

Entry points: `keyed.KeyedLLM` (an Anthropic key, or any OpenAI-compatible endpoint), `schema` (what a
model is told of a pydantic type, what it is told of a wrong answer), `prices` (list prices). All of
them are `StructuredLLM`s of `domain.language_models`. May import domain, settings, errors; the
libraries of providers are extras and imported when a model is built. Its test doubles are
`scripted.ScriptedLLM` (no wire at all) and `fake_api`, which anybody can start:
`python -m ai_video.llm.fake_api --port 0`.
"""
