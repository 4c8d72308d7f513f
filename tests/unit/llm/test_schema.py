"""What a model is told of a type, and of an answer that is not of it."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ai_video.errors import InputRefused
from ai_video.llm.schema import AnswerInvalid, answer_schema, partial_answer, read_answer


class Still(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["still"]
    title: str = Field(min_length=1)


class Clip(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["clip"]
    seconds: int = Field(ge=1, le=10)
    discriminator: str = ""


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid")
    shots: list[Annotated[Still | Clip, Field(discriminator="kind")]]
    mood: Literal["calm", "tense"] = "calm"

    @model_validator(mode="after")
    def _once(self) -> Plan:
        if len(self.shots) > 2:
            raise ValueError("at most two shots")
        return self


class Wide(BaseModel):
    name: Literal[tuple(f"asset-{number:04}" for number in range(2000))]  # type: ignore[valid-type]


def test_a_schema_has_no_keyword_that_a_provider_stops_at() -> None:
    schema = answer_schema(Plan)
    text = json.dumps(schema)
    assert '"oneOf"' not in text
    assert '"anyOf"' in text
    assert "mapping" not in text
    # A field of that name is no keyword.
    assert schema["$defs"]["Clip"]["properties"]["discriminator"] == {
        "type": "string",
        "default": "",
    }  # type: ignore[index, call-overload]
    assert "title" in schema["$defs"]["Still"]["properties"]  # type: ignore[index, call-overload, operator]


def test_a_schema_that_no_command_line_takes_is_refused() -> None:
    with pytest.raises(InputRefused) as refused:
        answer_schema(Wide)
    assert refused.value.code == "llm_schema_too_large"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("not json", "the answer: is not valid JSON"),
        ("{}", "shots: is missing"),
        ('{"shots": [{"kind": "clip"}]}', "shots[0].clip.seconds: is missing"),
        (
            '{"shots": [{"kind": "film"}]}',
            "shots[0]: 'kind' is 'film', must be one of 'still', 'clip'",
        ),
        ('{"shots": [{}]}', "shots[0]: 'kind' is missing"),
        ('{"shots": [], "x": 1}', "x: is not a field here; leave it out"),
        ('{"shots": [], "mood": "odd"}', "mood: must be one of 'calm' or 'tense'; given \"odd\""),
        (
            '{"shots": [{"kind": "clip", "seconds": 90}]}',
            "shots[0].clip.seconds: should be less than or equal to 10; given 90",
        ),
        (json.dumps({"shots": [{"kind": "still", "title": "a"}] * 3}), "at most two shots"),
    ],
)
def test_a_wrong_answer_is_explained(answer: str, said: str) -> None:
    with pytest.raises(AnswerInvalid) as invalid:
        read_answer(answer, Plan)
    assert said in str(invalid.value)


def test_reasons_stay_short() -> None:
    answer = json.dumps({"shots": [{"kind": "clip", "seconds": "x" * 5000}] * 100})
    with pytest.raises(AnswerInvalid) as invalid:
        read_answer(answer, Plan)
    assert str(invalid.value).endswith("and 80 more")
    assert len(str(invalid.value)) < 6000


@pytest.mark.parametrize("text", ['```json\n{"shots": []}\n```', '\n```\n{"shots": []}```\n'])
def test_an_answer_between_code_fences_is_read(text: str) -> None:
    assert read_answer(text, Plan) == Plan(shots=[])


def test_the_beginning_of_an_answer_can_be_read() -> None:
    whole = '{"shots": [{"kind": "still", "title": "远"}], "mood": "calm"}'
    seen = [partial_answer(whole[:length]) for length in range(len(whole) + 1)]
    assert seen[0] is None
    assert {"shots": [{"kind": "still", "title": "远"}]} in seen
    assert seen[-1] == json.loads(whole)
    assert partial_answer("nonsense") is None


def test_characters_that_no_database_keeps_fall_away() -> None:
    text = r'{"shots": [{"kind": "still", "title": "rain\u0000\u0000 \\u0000 on glass"}]}'
    (shot,) = read_answer(text, Plan).shots
    assert isinstance(shot, Still)
    assert shot.title == r"rain \u0000 on glass"
