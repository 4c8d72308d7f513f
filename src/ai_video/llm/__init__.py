"""Language models: one call, one typed answer, whosever model it is; no word of films here.

Entry points: `keyed.KeyedLLM` (an Anthropic key, or any OpenAI-compatible endpoint) and
`claude_code.ClaudeCodeLLM` (the user's own Claude Code) are `StructuredLLM`s of
`domain.language_models`, the modules with `chat` in their name its `ChatModel`s. What all have in
common: `asking` (repair, time limit, budget), `schema` (what a model is told of a pydantic type and of
a wrong answer), `prices`, `task_line`. May import domain, settings, errors; the libraries of providers
are extras, imported when a model is first used. Its test doubles are `scripted.ScriptedLLM` (no wire at
all) and `fake_api`, which anybody can start: `python -m ai_video.llm.fake_api --port 0`.
"""
