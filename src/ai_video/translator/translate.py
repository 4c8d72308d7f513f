"""One shot to one graph: read, template chosen, prompt composed, graph bound and validated.

`translate` is pure: the same request, node list and seed give the same `workflow_json`, byte for
byte. `translate_input` takes a caller's JSON; `translate_document` always answers: what cannot be
done is `"ok": false` with a clear error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from pydantic import JsonValue

from ai_video.comfyui.graph import JsonObject, write_api
from ai_video.comfyui.library import Template, library
from ai_video.comfyui.object_info import NodeList
from ai_video.comfyui.preflight import required_models
from ai_video.comfyui.strict_json import plain
from ai_video.comfyui.validate import Validation, validate
from ai_video.errors import InputRefused
from ai_video.translator.answer import (
    Answer,
    AnswerError,
    Remark,
    RequiredModel,
    Unmet,
    ValidationResult,
    remark,
    unmet,
)
from ai_video.translator.binder import Bound, bind
from ai_video.translator.choice import Choice, choose, held_by_lora, starts_from_picture
from ai_video.translator.consistency import limit_warnings
from ai_video.translator.levels import ShotLevels
from ai_video.translator.notices import Notice, NoticeLanguage, notice
from ai_video.translator.prompts import compose_prompt
from ai_video.translator.reading import read_shot
from ai_video.translator.request import ParsedRequest, TranslateRequest, parse_request
from ai_video.translator.shot import ShotReading

Reader = Callable[[TranslateRequest], ShotReading]


@dataclass(frozen=True, slots=True)
class Judged:
    """A graph written for one node list. `usable`: a server with all model files takes it."""

    document: JsonObject
    verdict: Validation
    usable: bool
    reason: str


def translate(
    parsed: ParsedRequest,
    *,
    nodes: NodeList,
    templates: Mapping[str, Template] | None = None,
    assume_models: bool = False,
    seed: int | None = None,
    reader: Reader = read_shot,
    translated_by: str = "rules",
) -> Answer:
    """The graph of a shot, and all that is told of it.

    Args:
        nodes: the graph is written and checked for this list.
        templates: the shipped ones by id; None: `library()`.
        assume_models: take every model file to be there.
        seed: None: one made of the shot's words.
        reader: who reads the shot; `translated_by` is its name.

    Raises:
        InputRefused: `translate_shot_empty`, and what `choose` refuses; `translate_graph_invalid`.
    """
    request = parsed.request
    reading = reader(request)
    _refuse_empty(request, reading)
    known = templates if templates is not None else library()
    choice = choose(reading, request, nodes=nodes, library=known, assume_models=assume_models)
    prompt = compose_prompt(
        reading, request, levels=_in_graph(choice), manifest=choice.template.manifest
    )
    bound = bind(choice, prompt, reading=reading, request=request, nodes=nodes, seed=seed)
    judged = _judged(bound, nodes, assume_models=assume_models, language=reading.language)
    if not judged.usable:
        raise InputRefused(
            "translate_graph_invalid",
            template=choice.template.id,
            version=nodes.version,
            reason=judged.reason,
        )
    language, manifest = reading.language, choice.template.manifest
    limited = limit_warnings(
        people=choice.levels.characters,
        bindings=bound.bindings,
        parameters=bound.parameters,
        level=bound.level,
        language=language,
    )
    said = [*parsed.warnings, *reading.warnings, *choice.levels.warnings, *bound.warnings]
    return Answer(
        id=request.id,
        ok=True,
        translated_by=translated_by,
        workflow_id=choice.template.id,
        category=manifest.category,
        purpose=manifest.purpose,
        family=manifest.family,
        level=bound.level,
        level_asked=choice.levels.asked,
        level_reasons=_remarks(choice.levels.reasons, language),
        choice_reasons=_remarks(choice.reasons, language),
        slots=reading.slots,
        prompt=prompt,
        parameters=bound.parameters,
        bindings=bound.bindings,
        uploads=bound.uploads,
        required_models=_models(bound, judged.document, nodes, assume_models=assume_models),
        validation=ValidationResult(
            valid=judged.verdict.valid,
            against=judged.verdict.against,
            errors=tuple(plain(error) for error in judged.verdict.errors),
        ),
        workflow_json=dict(judged.document),
        unmet=(*_unmet(bound, language), *_advised(reading)),
        warnings=tuple(dict.fromkeys((*_remarks(said, language), *limited))),
    )


def translate_input(
    raw: JsonValue,
    *,
    nodes: NodeList,
    assume_models: bool = False,
    seed: int | None = None,
    reader: Reader = read_shot,
    translated_by: str = "rules",
) -> Answer:
    """The answer to a caller's JSON.

    Raises:
        InputRefused: what of `parse_request` and `translate`.
    """
    started = time.perf_counter()
    answer = translate(
        parse_request(raw),
        nodes=nodes,
        assume_models=assume_models,
        seed=seed,
        reader=reader,
        translated_by=translated_by,
    )
    return _timed(answer, started)


def translate_document(
    raw: JsonValue,
    *,
    nodes: NodeList,
    assume_models: bool = False,
    seed: int | None = None,
    language: NoticeLanguage = "en",
    reader: Reader = read_shot,
    translated_by: str = "rules",
) -> Answer:
    """The answer to a caller's JSON; what cannot be done is said in it, never raised.

    `language`: of the error's message, where the text itself shows none.
    """
    started = time.perf_counter()
    try:
        return translate_input(
            raw,
            nodes=nodes,
            assume_models=assume_models,
            seed=seed,
            reader=reader,
            translated_by=translated_by,
        )
    except InputRefused as refused:
        return _timed(refusal(raw, refused, _language(raw, language)), started)


def _timed(answer: Answer, started: float) -> Answer:
    elapsed_ms = round((time.perf_counter() - started) * 1000, 3)
    return answer.model_copy(update={"elapsed_ms": elapsed_ms})


def refusal(raw: JsonValue, refused: InputRefused, language: NoticeLanguage) -> Answer:
    """The answer where nothing could be made of the input."""
    given = raw.get("id") if isinstance(raw, dict) else None
    message = f"{refused.message(language)} {refused.hint(language)}"
    return Answer(
        id=None if given is None or isinstance(given, list | dict) else str(given),
        ok=False,
        error=AnswerError(code=refused.code, message=message),
    )


def _language(raw: JsonValue, otherwise: NoticeLanguage) -> NoticeLanguage:
    """The language of a text that was not read: Chinese where it has Chinese letters."""
    shot = raw.get("storyboard") if isinstance(raw, dict) else None
    text = shot.get("description") if isinstance(shot, dict) else None
    if not isinstance(text, str) or not text.strip():
        return otherwise
    return "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"


def _refuse_empty(request: TranslateRequest, reading: ShotReading) -> None:
    shot = request.storyboard
    said = f"{shot.description}{shot.notes}{shot.camera_movement or ''}".strip()
    if not said and not reading.characters and reading.scene is None:
        raise InputRefused("translate_shot_empty")


def _in_graph(choice: Choice) -> ShotLevels:
    """Levels as the prompt should know them: LoRAs that are not in this graph have no trigger words."""
    here = (
        []
        if starts_from_picture(choice.template)
        else [each.id for each in held_by_lora(choice.levels, choice.template)]
    )
    return replace(
        choice.levels,
        characters=tuple(
            each if each.id in here else replace(each, lora=None)
            for each in choice.levels.characters
        ),
    )


def _judged(
    bound: Bound, nodes: NodeList, *, assume_models: bool, language: NoticeLanguage
) -> Judged:
    """The graph as JSON and what a server says of it; files that are missing do not make it unusable."""
    document = write_api(bound.workflow, nodes)
    verdict = validate(
        document,
        nodes,
        assume_models=assume_models or not nodes.names_files,
        present=bound.present,
        language=language,
    )
    if verdict.valid:
        return Judged(document, verdict, True, "")
    bare = validate(document, nodes, assume_models=True, language=language)
    reason = bare.errors[0].message if bare.errors else ""
    return Judged(document, verdict, bare.valid, reason)


def _models(
    bound: Bound, document: JsonObject, nodes: NodeList, *, assume_models: bool
) -> tuple[RequiredModel, ...]:
    """Each model file of the graph once, in the graph's order."""
    rows = required_models(document, nodes, assume_models=assume_models, present=bound.present)
    found = {(row.folder, row.name): row.present for row in rows}
    return tuple(
        RequiredModel(folder=folder, name=name, present=present)
        for (folder, name), present in found.items()
    )


def _remarks(said: Iterable[Notice], language: NoticeLanguage) -> tuple[Remark, ...]:
    return tuple(dict.fromkeys(remark(each, language) for each in said))


def _unmet(bound: Bound, language: NoticeLanguage) -> tuple[Unmet, ...]:
    return tuple(dict.fromkeys(unmet(said, asked, language) for said, asked in bound.unmet))


def _advised(reading: ShotReading) -> tuple[Unmet, ...]:
    """What a language model says that no template can do."""
    wishes = reading.advice.unmet if reading.advice is not None else ()
    return tuple(
        unmet(notice("model_unmet", asked=wish), wish, reading.language) for wish in wishes
    )
