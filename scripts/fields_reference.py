"""Writes the tables of docs/reference/fields.md: who writes and who reads every field.

    .venv/bin/python scripts/fields_reference.py

The list of waiting fields in that page is kept by hand: fields whose reader comes with a later part.
It may only shrink; a test refuses a field that nothing reads and that does not wait.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from field_uses import SOURCE, Uses, field_definitions, field_uses

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "fields.md"
BEGIN, END = "<!-- fields: begin -->", "<!-- fields: end -->"
NAMES = {"TaskRecord": "GenerationTask", "DagRecord": "TaskDAG", "AttemptRecord": "TaskAttempt"}
"""Values of the orchestrator by the plan's names."""
PAGE = (
    "Project", "ProjectSettings", "WorldSetting", "Character", "ConsistencyConfig", "Scene",
    "StyleConfig", "ControlAssets", "Episode", "Draft", "DraftCharacter", "DraftScene", "DraftPart",
    "Script", "Storyboard", "GenerationConfig", "Line",
    "Take", "Asset", "GeneratedVideo", "Timeline", "ComfyWorkflow", "ComfyServer", "EnabledModel",
    "LoraAsset",
    "LoraTrainingTask", "EpisodeEdit", "Conversation", "ConversationMessage", "Proposal", "TaskRecord", "ResourceRequirements", "AttemptRecord", "DagRecord",
)  # fmt: skip
EDITED = {
    "Project", "ProjectSettings", "WorldSetting", "Character", "ConsistencyConfig", "Scene",
    "StyleConfig", "ControlAssets", "Episode", "Storyboard", "GenerationConfig", "Line",
}  # fmt: skip
"""What a user writes by create and edit."""

READ_BY_NAME = {
    "Storyboard.dialogue": "studio/records/record_edits.py",
    "Storyboard.thumbnail_asset_id": "asgi_page/home.js",
    "WorldSetting.project_id": "studio/record_owners.py",
    "Draft.left_out": "cli/drafts.py",
    "Draft.written_by": "cli/drafts.py",
    "Draft.episode_id": "cli/drafts.py",
    "LoraAsset.type": "studio/records/loras.py",
    "LoraAsset.usage_count": "studio/records/loras.py",
    "Conversation.model": "cli/chat_words.py",
    "ConversationMessage.tools": "asgi_page/chat.js",
    "ConversationMessage.error": "asgi_page/chat.js",
    "ConversationMessage.usage": "asgi_page/chat.js",
    "Proposal.message_id": "asgi_page/chat.js",
    "Proposal.result": "asgi_page/chat_proposal.js",
}
"""Reads that the type checker cannot see: by a key of a document, or on the page."""

Key = tuple[str, str]


def listed_fields() -> list[Key]:
    """Every field that the page must have, entity by entity."""
    names = [(found.entity, found.name) for found in field_definitions()]
    return [key for entity in PAGE for key in names if key[0] == entity]


def title(key: Key) -> str:
    return f"{NAMES.get(key[0], key[0])}.{key[1]}"


def readers(uses: Mapping[Key, Uses]) -> dict[str, set[str]]:
    """`Entity.field` → what reads it, with the reads by name that are really there."""
    found = {title(key): set(uses[key].readers) for key in listed_fields()}
    for name, file in READ_BY_NAME.items():
        if name.split(".")[1] in (SOURCE / file).read_text(encoding="utf-8"):
            found[name].add(file.rsplit(".", 1)[0].replace("/", "."))
    return found


def waiting(text: str) -> dict[str, str]:
    """The hand-kept list: `Entity.field` → the part that will read it."""
    tail = text.split("## Waiting", 1)[1]
    found: dict[str, str] = {}
    for part, names in re.findall(r"^- \*\*(.+?)\*\*: (.+)$", tail, flags=re.MULTILINE):
        for name in re.findall(r"`(\w+\.\w+)`", names):
            found[name] = part
    return found


def rows(text: str) -> dict[str, tuple[str, str]]:
    """The page's tables: `Entity.field` → (writers, readers)."""
    found = re.findall(r"^\| `(\w+\.\w+)` \| (.*?) \| (.*?) \|$", text, flags=re.MULTILINE)
    return {name: (writers, readers) for name, writers, readers in found}


def tables(uses: Mapping[Key, Uses], later: Mapping[str, str]) -> str:
    parts: list[str] = []
    read = readers(uses)
    for entity in PAGE:
        keys = [key for key in listed_fields() if key[0] == entity]
        lines = [f"### {NAMES.get(entity, entity)}", "", "| field | written by | read by |"]
        lines.append("|---|---|---|")
        for key in keys:
            seen = uses[key]
            writers = sorted(seen.writers)
            if entity in EDITED and not key[1].endswith(("project_id", "episode_id")):
                writers.insert(0, "user")
            by = ", ".join(sorted(read[title(key)]))
            if not by and title(key) in later:
                by = f"waiting: {later[title(key)]}"
            lines.append(f"| `{title(key)}` | {', '.join(writers)} | {by} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def main() -> None:
    text = TARGET.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = tables(field_uses(), waiting(text))
    TARGET.write_text(f"{before}{BEGIN}\n{made}{END}{after}", encoding="utf-8")
    unread = [name for name, (_, by) in rows(made).items() if not by]
    print("\n".join(f"nothing reads {name}" for name in unread))


if __name__ == "__main__":
    main()
