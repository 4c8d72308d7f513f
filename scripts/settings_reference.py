"""Writes docs/reference/settings.md from the settings themselves.

.venv/bin/python scripts/settings_reference.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic_core import PydanticUndefined

from ai_video.settings import Settings

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"
INTRODUCTION = """\
# Settings · 设置

Made by `scripts/settings_reference.py`. A value comes from the command line, else from the environment,
else from `config.toml` in the data folder, else it is the default. Unknown keys are refused.
取值顺序: 命令行、环境变量、数据文件夹里的 `config.toml`、默认值。不认识的键会被拒绝。

Without `--data` and `AIVIDEO_HOME` the data folder is `~/.local/share/ai-video` on Linux,
`~/Library/Application Support/ai-video` on macOS, `%LOCALAPPDATA%\\ai-video` on Windows.

| `config.toml` | environment | values | default | meaning |
|---|---|---|---|---|
"""
AFTER = """
## Others

| environment | meaning |
|---|---|
| AIVIDEO_TEST_POSTGRESQL | URL of a PostgreSQL server for the tests that need one |
| AIVIDEO_TEST_POSTGRESQL_RESTART | command that restarts that server as after a crash |
| AIVIDEO_TEST_REDIS | URL of a Redis server for the tests that need one; they empty it |
| AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY | the S3 service of `AIVIDEO_BLOBS` |

`run.py` takes packages from the index that `UV_DEFAULT_INDEX` / `UV_INDEX_URL` or, when neither is
set, pip's configuration names.
"""


def values(kind: object) -> str:
    """What may stand there, in words."""
    if get_origin(kind) is Literal:
        return ", ".join(str(choice) for choice in get_args(kind))
    return {"bool": "0 or 1", "int": "a whole number", "Path": "a folder"}.get(
        getattr(kind, "__name__", ""), "text"
    )


def page() -> str:
    rows: list[str] = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is PydanticUndefined else str(field.default)
        default = {"False": "0", "True": "1"}.get(default, default)
        key = "" if name == "home" else f"`{name}`"
        rows.append(
            f"| {key} | `AIVIDEO_{name.upper()}` | {values(field.annotation)} "
            f"| {default} | {field.description} |"
        )
    return INTRODUCTION + "\n".join(rows) + "\n" + AFTER


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
