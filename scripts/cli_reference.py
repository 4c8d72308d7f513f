"""Writes docs/reference/cli.md by walking the tree of commands.

.venv/bin/python scripts/cli_reference.py
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from ai_video.cli.main import root

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"
INTRODUCTION = """\
# Commands · 命令

Made by `scripts/cli_reference.py`. `ai-video` is the same as `python -m ai_video`. With `--json` standard output
is exactly one JSON document; progress goes to standard error. Exit codes: [errors](errors.md).
加 `--json` 时标准输出是一个 JSON 文档, 进度写到标准错误。

Every command also takes:

"""
EVERYWHERE = ("--data", "--json", "--debug", "--lang", "--help")


def commands(group: click.Group, path: str = "ai-video") -> Iterator[tuple[str, click.Command]]:
    """Every command that is not hidden, with its full path, parents first."""
    context = click.Context(group)
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def option_row(option: click.Option) -> str:
    flags = ", ".join(f"`{flag}`" for flag in (*option.opts, *option.secondary_opts))
    metavar = "" if option.is_flag else option_values(option)
    return f"| {flags}{metavar} | {option.help or ''} |"


def option_values(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return " " + " \\| ".join(str(choice) for choice in option.type.choices)
    return " " + (option.metavar or option.type.name.upper()).replace("|", "\\|")


def section(path: str, command: click.Command) -> str:
    """One command: its line of use, help and options."""
    arguments = " ".join(
        parameter.make_metavar(click.Context(command))
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    )
    if isinstance(command, click.Group):
        arguments = "COMMAND"
    text = f"## {path}\n\n```\n{path} {arguments}".rstrip() + "\n```\n"
    if command.help:
        text += f"\n{inspect.cleandoc(command.help)}\n"
    rows = [
        option_row(parameter)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not set(parameter.opts) & set(EVERYWHERE)
    ]
    if rows:
        text += "\n| option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"
    return text


def page() -> str:
    common = [
        option_row(parameter)
        for parameter in root.params
        if isinstance(parameter, click.Option) and set(parameter.opts) & set(EVERYWHERE)
    ]
    head = INTRODUCTION + "| option | meaning |\n|---|---|\n" + "\n".join(common) + "\n"
    return "\n".join([head, *(section(path, command) for path, command in commands(root))])


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
