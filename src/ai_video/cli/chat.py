"""`chat`: talk about a project on the command line; what would change waits for a decision."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args
from uuid import UUID

import click
from pydantic import JsonValue

from ai_video.cli.caller import DoorGroup, caller_of
from ai_video.cli.chat_words import (
    answer_words,
    conversation_words,
    list_words_of_chats,
    proposal_words,
    text_as_it_comes,
)
from ai_video.cli.running import answer, error_words, record_id, visible
from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError, InputRefused
from ai_video.settings import LlmChoice

if TYPE_CHECKING:
    from ai_video.studio.chat.turns import Chats
    from ai_video.studio.studio import Studio

_FLAGS = frozenset({"--json", "--debug"})
_VALUED = frozenset({"--data", "--lang"})


class ChatGroup(DoorGroup):
    """A group that reads anything but its commands as something said: `ai-video chat "Hello"`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args if self._is_named(args) else ["say", *args])

    def _is_named(self, args: list[str]) -> bool:
        words = iter(args)
        for word in words:
            if word in _VALUED:
                next(words, None)
            elif word not in _FLAGS and not word.startswith(tuple(f"{v}=" for v in _VALUED)):
                return word in self.commands or word in ("-h", "--help")
        return False


@click.group(cls=ChatGroup)
def chat() -> None:
    """Talk about a project: `ai-video chat "Make shot 3 darker" --project ID`.

    Without a text, what stands on standard input is said; on a terminal, one line after another.
    What would change becomes a proposal that you accept or reject.
    """


@dataclass(frozen=True, slots=True)
class Where:
    """Which conversation is meant, and who answers."""

    project: UUID | None
    conversation: UUID | None
    episode: UUID | None
    llm: LlmChoice | None


@chat.command()
@click.argument("text", nargs=-1)
@click.option("--project", metavar="ID", help="Begin a conversation about this project.")
@click.option("--conversation", metavar="ID", help="Go on with this one.")
@click.option("--episode", metavar="ID", help="The episode that is meant.")
@click.option("--llm", type=click.Choice(get_args(LlmChoice)), help="Who answers.")
@click.pass_context
def say(
    ctx: click.Context,
    text: tuple[str, ...],
    project: str | None,
    conversation: str | None,
    episode: str | None,
    llm: LlmChoice | None,
) -> None:
    """Say something and hear the answer; `say` may be left out."""
    where = Where(
        project=None if project is None else record_id(project, "project"),
        conversation=None if conversation is None else record_id(conversation, "conversation"),
        episode=None if episode is None else record_id(episode, "episode"),
        llm=llm,
    )
    quiet = caller_of(ctx).json
    said = " ".join(text)
    if said in ("", "-") and not sys.stdin.isatty():
        said = sys.stdin.read()
    if said or quiet:
        answer(lambda studio: _say_once(studio, where, said, quiet=quiet), answer_words(not quiet))
    else:
        answer(lambda studio: _talk(studio, where), lambda document, language: "")


@asynccontextmanager
async def _opened(studio: Studio) -> AsyncGenerator[Chats]:
    """Conversations of this process; films that an accepted proposal began are finished first."""
    from ai_video.agent.chat import chat_tools
    from ai_video.studio.chat.turns import Chats
    from ai_video.studio.planning.film_runs import FilmRuns

    films = FilmRuns(studio)
    chats = Chats(studio, chat_tools(films))
    await chats.start()
    try:
        yield chats
        await asyncio.gather(*films.films.values())
    finally:
        await chats.stop()
        await films.stop()


async def _say_once(studio: Studio, where: Where, text: str, *, quiet: bool) -> object:
    async with _opened(studio) as chats:
        id = where.conversation or await _begun(studio, where)
        return await _answered(chats, id, where, text, quiet=quiet)


async def _begun(studio: Studio, where: Where) -> UUID:
    """A new conversation about the project that is meant.

    Raises:
        InputRefused: `chat_project_needed`: there are several, and none was named.
    """
    from ai_video.studio.chat.chats import start_conversation
    from ai_video.studio.records.records import list_records, show_record

    project = where.project
    if project is None and where.episode is not None:
        episode = await show_record(studio, "episodes", where.episode)
        project = UUID(str(episode["project_id"]))
    if project is None:
        found = await list_records(studio, "projects", limit=2)
        if len(found.items) != 1:
            raise InputRefused("chat_project_needed")
        project = UUID(str(found.items[0]["id"]))
    begun = await start_conversation(studio, project)
    return UUID(str(begun["id"]))


async def _answered(chats: Chats, id: UUID, where: Where, text: str, *, quiet: bool) -> Json:
    """Say it, show the words as they come, and answer with what came of it."""
    from ai_video.studio.chat.chats import show_conversation

    started = await chats.say(id, text, llm=where.llm, episode_id=where.episode)
    showing = None if quiet else asyncio.create_task(_shown(chats, id, cast("int", started["seq"])))
    try:
        await chats.wait(id)
    except asyncio.CancelledError:
        await chats.interrupt(id)
        raise
    finally:
        if showing is not None:
            await showing
    whole = await show_conversation(chats.studio, id)
    message = cast("list[Json]", whole["messages"])[-1]
    proposals = [
        row for row in cast("list[Json]", whole["proposals"]) if row["message_id"] == message["id"]
    ]
    names = ("text", "tools", "state", "provider", "model", "usage")
    return {
        "ok": message["state"] == "done",
        "conversation_id": str(id),
        **{name: message[name] for name in names},
        "proposals": cast("list[JsonValue]", proposals),
    }


async def _shown(chats: Chats, id: UUID, seq: int) -> None:
    """Print the answer while it comes."""
    from ai_video.studio.records.events import read_events

    while True:
        running = id in chats.turns
        for row in await read_events(chats.studio, after=seq, limit=500):
            seq = cast("int", row["seq"])
            if row["subject"] == str(id):
                sys.stdout.write(visible(text_as_it_comes(row, chats.studio.language)))
                sys.stdout.flush()
        if not running:
            return
        await asyncio.sleep(0.1)


async def _talk(studio: Studio, where: Where) -> Json:
    """Line after line from the terminal, until it ends (Ctrl-D); what fails is told, and it goes on."""
    from ai_video.agent.stdio import Lines

    async with _opened(studio) as chats:
        id = where.conversation or await _begun(studio, where)
        lines = aiter(Lines(sys.stdin.buffer))
        while (line := await _read(lines, "> ")) is not None:
            if not line:
                continue
            try:
                document = await _answered(chats, id, where, line, quiet=False)
            except AiVideoError as error:
                sys.stderr.write(error_words(error, studio.language))
                continue
            sys.stdout.write(visible(answer_words(True)(document, studio.language)) + "\n")
            await _decide(chats, cast("list[Json]", document["proposals"]), lines)
        return {"ok": True, "conversation_id": str(id)}


async def _read(lines: Any, prompt: str) -> str | None:
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = await anext(lines, None)
    return None if line is None else str(line).strip()


async def _decide(chats: Chats, proposals: list[Json], lines: Any) -> None:
    """Ask about each proposal and say what came of it; an empty answer leaves it open."""
    from ai_video.studio.chat.proposals import reject_proposal

    language = chats.studio.language
    question = "接受? [y/n/回车=稍后] " if language == "zh" else "Accept? [y/n/enter=later] "
    for proposal in proposals:
        said = await _read(lines, question)
        id = UUID(str(proposal["id"]))
        try:
            if said in ("y", "yes", "是", "好"):
                decided = await chats.accept(id)
            elif said in ("n", "no", "否", "不"):
                decided = await reject_proposal(chats.studio, id)
            else:
                continue
        except AiVideoError as error:
            sys.stderr.write(error_words(error, language))
        else:
            sys.stdout.write(visible(proposal_words(decided, language)) + "\n")


@chat.command("list")
@click.option("--project", metavar="ID", help="Only those about this project.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--cursor", help="`next` of the page before.")
def list_(project: str | None, limit: int, cursor: str | None) -> None:
    """List conversations, newest first."""
    from ai_video.studio.chat.chats import list_conversations

    wanted = None if project is None else record_id(project, "project")
    answer(
        lambda studio: list_conversations(studio, project_id=wanted, limit=limit, cursor=cursor),
        list_words_of_chats,
    )


@chat.command()
@click.argument("id")
def show(id: str) -> None:
    """Show a conversation with its proposals."""
    from ai_video.studio.chat.chats import show_conversation

    wanted = record_id(id, "conversation")
    answer(lambda studio: show_conversation(studio, wanted), conversation_words)


@chat.command()
@click.argument("id")
def delete(id: str) -> None:
    """Delete a conversation; what was accepted stays done."""
    from ai_video.studio.chat.chats import delete_conversation

    wanted = record_id(id, "conversation")
    answer(lambda studio: delete_conversation(studio, wanted), _done)


@chat.command()
@click.argument("id")
def accept(id: str) -> None:
    """Do what was proposed, exactly as it was shown."""
    wanted = record_id(id, "proposal")

    async def work(studio: Studio) -> object:
        async with _opened(studio) as chats:
            return await chats.accept(wanted)

    answer(work, proposal_words)


@chat.command()
@click.argument("id")
def reject(id: str) -> None:
    """Do not do what was proposed."""
    from ai_video.studio.chat.proposals import reject_proposal

    wanted = record_id(id, "proposal")
    answer(lambda studio: reject_proposal(studio, wanted), proposal_words)


def _done(document: Json, language: str) -> str:
    return "好了。" if language == "zh" else "Done."
