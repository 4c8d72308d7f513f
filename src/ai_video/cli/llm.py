"""`llm`: the language models that understand the words."""

from __future__ import annotations

import sys
from typing import cast, get_args

import click

from ai_video.cli.caller import DoorCommand, DoorGroup
from ai_video.cli.present import list_words, record_words, table
from ai_video.cli.records import page_options
from ai_video.cli.running import answer, record_id
from ai_video.cli.values import request_of
from ai_video.domain.entities import Json, LanguageModelName
from ai_video.errors import Language
from ai_video.studio.models import enabled_models as verbs
from ai_video.studio.models.enabled_models import ModelWish
from ai_video.studio.models.model_usage import forget_answers, list_calls
from ai_video.studio.studio import Studio

NAME = click.Choice(list(get_args(LanguageModelName)))


@click.group(cls=DoorGroup)
def llm() -> None:
    """Language models: list, enable, try, disable; calls and answers."""


@llm.command("list")
def list_() -> None:
    """List every language model: enabled or not, ready or not, and what it costs."""
    answer(verbs.list_models, _list_words)


@llm.command()
@click.argument("name", type=NAME)
@click.option("--model", default="", metavar="M", help="As its provider names it.")
@click.option("--url", default="", help="Address of the service, for one that speaks the same.")
@click.option(
    "--key-env", default="", metavar="VAR",
    help="Environment variable that holds the key; the key itself is stored nowhere.",
)  # fmt: skip
@click.option("--input-price", type=click.FloatRange(0), help="US dollars per million tokens read.")
@click.option(
    "--output-price", type=click.FloatRange(0), help="US dollars per million tokens written."
)
@click.option(
    "--own-settings", is_flag=True,
    help="Claude Code reads your settings file, for a gateway that stands there.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Accept notice and price without being asked.")
def enable(
    name: LanguageModelName,
    model: str,
    url: str,
    key_env: str,
    input_price: float | None,
    output_price: float | None,
    own_settings: bool,
    yes: bool,
) -> None:
    """Enable a language model, after its notice and price; again: change what was said."""
    wish = request_of(
        ModelWish,
        model=model,
        url=url,
        key_env=key_env,
        input_price=input_price,
        output_price=output_price,
        own_settings=own_settings,
    )

    async def work(studio: Studio) -> Json:
        accepted = yes
        if yes or sys.stdin.isatty():
            offer = await verbs.offer_model(studio, name, wish)
            click.echo(f"{offer.notice}\n{offer.price}", err=True)
            accepted = yes or _agreed(studio.language, name)
        return await verbs.enable_model(studio, name, wish, accepted=accepted)

    answer(work, _changed_words)


def _agreed(language: Language, name: str) -> bool:
    asked = f"启用 {name}?" if language == "zh" else f"Enable {name}?"
    return click.confirm(asked, err=True, abort=True)


@llm.command()
@click.argument("name", type=NAME)
def disable(name: LanguageModelName) -> None:
    """Use a language model no more."""
    answer(lambda studio: verbs.disable_model(studio, name), _changed_words)


@llm.command()
@click.argument("name", type=NAME, required=False)
def test(name: LanguageModelName | None) -> None:
    """Ask a model (the active one, unless named) for one word, and show what that took."""
    answer(lambda studio: verbs.try_model(studio, name), record_words)


def _calls(project: str | None, storyboard: str | None, limit: int, cursor: str | None) -> None:
    project_id = record_id(project, "projects") if project else None
    storyboard_id = record_id(storyboard, "storyboards") if storyboard else None
    answer(
        lambda studio: list_calls(
            studio,
            project_id=project_id,
            storyboard_id=storyboard_id,
            limit=limit,
            cursor=cursor,
        ),
        list_words("calls"),
    )


llm.add_command(
    DoorCommand(
        "calls",
        callback=_calls,
        help="List what models were asked, newest first, with tokens and cost.",
        params=[
            click.Option(["--project"], metavar="ID"),
            click.Option(["--storyboard"], metavar="ID"),
            *page_options(),
        ],
    )
)


@llm.command()
@click.option("--project", metavar="ID", help="Only what was answered for this project.")
def forget(project: str | None) -> None:
    """Forget what models answered; asked again, it is paid for again. Shots stay as they were read."""
    project_id = record_id(project, "projects") if project else None
    answer(lambda studio: forget_answers(studio, project_id=project_id), record_words)


def _changed_words(answered: Json, language: Language) -> str:
    item = cast("Json", answered["item"])
    on = bool(item["enabled"])
    state = ("已启用" if on else "已停用") if language == "zh" else "enabled" if on else "disabled"
    where = f" ({item['model']} {item['url']})".replace(" )", ")") if on and item["model"] else ""
    return f"{item['name']}{where}: {state}"


def _list_words(answered: Json, language: Language) -> str:
    """A table, what the enabled ones lack, and which one is active."""
    items = cast("list[Json]", answered["items"])
    active = cast("Json", answered["active"])
    rows = [table(("name", "enabled", "ready", "model", "url"), items, language)]
    for item in items:
        missing = cast("Json | None", item["missing"])
        if item["enabled"] and missing:
            rows.append(f"! {item['name']}: {missing['message']} {missing['hint']}")
    name = str(active["name"] or "-")
    model = f" ({active['model']})" if active["model"] else ""
    rows.append(f"{'当前' if language == 'zh' else 'Active'}: {name}{model}")
    if error := cast("Json | None", active["error"]):
        rows.append(f"! {error['message']} {error['hint']}")
    return "\n".join(rows)
