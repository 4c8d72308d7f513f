"""A stand-in for the services of language models: Anthropic's Messages API and OpenAI's chat.

    python -m ai_video.llm.fake_api --port 0 --script FILE

In a test: `with serving({"rules": [...], "otherwise": {"example": True}}) as fake: fake.url`. Answers
come from the script (`script.Script`), on the wire as the services send them, so that Claude Code and
the providers' own libraries work with it. Nothing else stands in for this package.
"""

from ai_video.llm.fake_api.asked import Asked
from ai_video.llm.fake_api.script import Answer, Rule, Script, ScriptInvalid, read_script
from ai_video.llm.fake_api.server import FakeLLM, serving

__all__ = [
    "Answer",
    "Asked",
    "FakeLLM",
    "Rule",
    "Script",
    "ScriptInvalid",
    "read_script",
    "serving",
]
