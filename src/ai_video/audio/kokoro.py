"""The offline voice: Kokoro-82M on ONNX Runtime, Mandarin and English, with exact times.

The model tells how many 25 ms frames each phoneme lasts, so every character's time is exact.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from ai_video.audio.english import EnglishWords, load_dictionary
from ai_video.audio.levelling import finish_speech, short_silence, sounding_span
from ai_video.audio.phonemes import Unit, phonemize
from ai_video.audio.vocabulary import MOST_TOKENS, PAD, PAUSES, SENTENCE_ENDS, token_ids
from ai_video.audio.voice_files import DICTIONARY_NAME, VOICE_SHA256, ensure_voices
from ai_video.audio.voice_model import FRAMES_OUTPUT, MODEL_NAME
from ai_video.domain.ports import Speech, SpeechMark, SpeechRequest, Voice
from ai_video.errors import ConfigurationFailure, SystemFailure

if TYPE_CHECKING:
    import onnxruntime

RATE: Final = 24_000
FRAME: Final = 600
SLOWEST, FASTEST = 0.5, 2.0
# Longer pieces are rushed by the model; a sentence that is longer still is cut at its commas.
_PIECE_TOKENS: Final = 200
_LONGEST_PIECE: Final = 400
_SENTENCE_GAP_S: Final = 0.28
_COMMA_GAP_S: Final = 0.12
Samples = NDArray[np.float32]

_LABELS: Final = {
    "zf_xiaobei": "晓北 Xiaobei", "zf_xiaoni": "晓妮 Xiaoni", "zf_xiaoxiao": "晓晓 Xiaoxiao",
    "zf_xiaoyi": "晓伊 Xiaoyi", "zm_yunjian": "云健 Yunjian", "zm_yunxi": "云希 Yunxi",
    "zm_yunxia": "云夏 Yunxia", "zm_yunyang": "云扬 Yunyang",
}  # fmt: skip
_LOCK = threading.Lock()
_LANE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kokoro")


@lru_cache(maxsize=1)
def _session(model: Path) -> onnxruntime.InferenceSession:
    """The one session of this process; loading takes about half a second."""
    import onnxruntime

    options = cast(Any, onnxruntime).SessionOptions()
    options.intra_op_num_threads = min(2, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    # Waiting threads sleep: spinning costs a third more CPU and gains nothing on few cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(model), sess_options=options, providers=["CPUExecutionProvider"]
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """Units that are spoken in one go, and whether a sentence ends after them."""

    units: tuple[Unit, ...]
    tokens: int
    is_sentence: bool


def _cut(units: Sequence[Unit], ends: frozenset[str]) -> list[_Piece]:
    """Pieces that close after a unit holding one of `ends` (and the closing signs behind it)."""
    pieces: list[_Piece] = []
    open_units: list[Unit] = []
    closing = False
    for unit in units:
        if closing and unit.is_spoken:
            pieces.append(_piece(open_units, is_sentence=ends is SENTENCE_ENDS))
            open_units, closing = [], False
        open_units.append(unit)
        closing = closing or any(symbol in ends for symbol in unit.phonemes)
    if open_units:
        pieces.append(_piece(open_units, is_sentence=True))
    return pieces


def _piece(units: Sequence[Unit], *, is_sentence: bool) -> _Piece:
    count = sum(len(token_ids(unit.phonemes)) for unit in units)
    return _Piece(tuple(units), count, is_sentence)


def pieces_of(units: Sequence[Unit]) -> list[_Piece]:
    """Units packed into pieces that the model speaks well: whole sentences up to 200 tokens.

    A longer sentence is cut at its pauses, then between words; no piece has over 510 tokens.
    """
    small: list[_Piece] = []
    for sentence in _cut(units, SENTENCE_ENDS):
        if sentence.tokens <= _LONGEST_PIECE:
            small.append(sentence)
            continue
        for clause in _cut(sentence.units, PAUSES):
            small += [clause] if clause.tokens <= _LONGEST_PIECE else _cut_words(clause)
    packed: list[_Piece] = []
    for piece in small:
        if packed and packed[-1].tokens + piece.tokens <= _PIECE_TOKENS:
            whole = packed.pop()
            piece = _Piece(
                whole.units + piece.units, whole.tokens + piece.tokens, piece.is_sentence
            )
        packed.append(piece)
    return packed


def _cut_words(clause: _Piece) -> list[_Piece]:
    """A clause without pauses cut every 200 tokens, at a word's end where there is one."""
    pieces: list[_Piece] = []
    units: list[Unit] = []
    count = 0
    for unit in clause.units:
        tokens = len(token_ids(unit.phonemes))
        ended = bool(units) and units[-1].phonemes.endswith(" ")
        if units and (count + tokens > _LONGEST_PIECE or (count > _PIECE_TOKENS and ended)):
            pieces.append(_piece(units, is_sentence=False))
            units, count = [], 0
        units.append(unit)
        count += tokens
    pieces.append(_piece(units, is_sentence=clause.is_sentence))
    return pieces


class KokoroProvider:
    """Speaks Mandarin and English offline; `folder` holds the voice files (None = find or fetch)."""

    name = "kokoro"
    version = "1.0-int8-1"

    def __init__(self, folder: Path | None = None, *, offline: bool = False) -> None:
        self._folder = folder
        self._offline = offline
        self._styles: dict[str, Samples] = {}
        self._words: EnglishWords | None = None

    def voices(self) -> Sequence[Voice]:
        """The single voices, then blends of two Mandarin ones of a gender (there are few)."""
        mandarin = [name for name in VOICE_SHA256 if name[0] == "z"]
        blends = [f"{a}+{b}" for a, b in combinations(mandarin, 2) if a[:2] == b[:2]]
        return tuple(
            Voice(
                id=f"kokoro:{name}",
                lang="zh" if name[0] == "z" else "en",
                gender="female" if name[1] == "f" else "male",
                label=" + ".join(map(_label, name.split("+"))),
            )
            for name in (*VOICE_SHA256, *blends)
        )

    async def speak(self, request: SpeechRequest) -> Speech:
        """Speak one line; a line without anything speakable is a short silence without marks.

        Raises:
            ConfigurationFailure: `voice_unknown`.
            NotAvailable: the voice files are missing and may not be fetched.
            SystemFailure: `speech_failed`.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_LANE, self._speak, request)

    def _speak(self, request: SpeechRequest) -> Speech:
        name = request.voice.removeprefix("kokoro:")
        if not 1 <= len(name.split("+")) <= 2 or not all(
            n in VOICE_SHA256 for n in name.split("+")
        ):
            raise ConfigurationFailure("voice_unknown", provider=self.name, voice=request.voice)
        units = phonemize(
            request.text,
            lang=request.lang,
            words=self._english(),
            pronunciation=request.pronunciation,
        )
        if not any(unit.is_spoken for unit in units):
            return short_silence("exact")
        speed = min(max(request.speed, SLOWEST), FASTEST)
        return self._speak_units(units, self._style(name), speed)

    def _speak_units(self, units: Sequence[Unit], style: Samples, speed: float) -> Speech:
        sounds: list[Samples] = []
        marks: list[SpeechMark] = []
        at = 0
        pieces = pieces_of(units)
        for index, piece in enumerate(pieces):
            if not any(unit.is_spoken for unit in piece.units):
                marks += [SpeechMark(unit.text, at / RATE, at / RATE) for unit in piece.units]
                continue
            samples, spans = self._speak_piece(piece, style, speed)
            for unit, (start, end) in zip(piece.units, spans):
                if unit.text:
                    marks.append(SpeechMark(unit.text, (at + start) / RATE, (at + end) / RATE))
                else:
                    marks[-1] = replace(marks[-1], end_s=(at + end) / RATE)
            sounds.append(samples)
            at += len(samples)
            if index + 1 < len(pieces):
                gap_s = _SENTENCE_GAP_S if piece.is_sentence else _COMMA_GAP_S
                gap = np.zeros(int(gap_s / speed * RATE), np.float32)
                sounds.append(gap)
                at += len(gap)
        return finish_speech(np.concatenate(sounds), RATE, marks, "exact")

    def _speak_piece(
        self, piece: _Piece, style: Samples, speed: float
    ) -> tuple[Samples, list[tuple[int, int]]]:
        """Sound of a piece without the silence around it, and each unit's span in samples."""
        tokens: list[int] = []
        owners: list[int] = []
        for index, unit in enumerate(piece.units):
            ids = token_ids(unit.phonemes)
            tokens += ids
            owners += [index] * len(ids)
        tokens, owners = tokens[:MOST_TOKENS], owners[:MOST_TOKENS]
        samples, frames = self._run(tokens, style[min(len(tokens), len(style)) - 1], speed)
        borders = np.concatenate([[0], np.cumsum(frames)]) * FRAME
        spans: list[tuple[int, int]] = []
        token = 0
        for index in range(len(piece.units)):
            first = token
            while token < len(owners) and owners[token] == index:
                token += 1
            spans.append((int(borders[first + 1]), int(borders[token + 1])))
        heard = sounding_span(samples, RATE) or (0, len(samples))
        pad = RATE // 20
        first, last = max(0, heard[0] - pad), min(len(samples), heard[1] + pad)
        inside = [(min(max(s, first), last) - first, min(max(e, first), last) - first)
                  for s, e in spans]  # fmt: skip
        return samples[first:last], inside

    def _run(
        self, tokens: Sequence[int], style: Samples, speed: float
    ) -> tuple[Samples, NDArray[np.int64]]:
        session = _session(self._files() / MODEL_NAME)
        answer = cast(Any, session).run(
            ["audio", FRAMES_OUTPUT],
            {
                "tokens": np.array([[PAD, *tokens, PAD]], np.int64),
                "style": style[None],
                "speed": np.array([speed], np.float32),
            },
        )
        samples = np.asarray(answer[0], np.float32).ravel()
        counts = np.asarray(answer[1]).ravel().astype(np.int64)
        if len(counts) != len(tokens) + 2 or counts.sum() * FRAME != len(samples):
            raise SystemFailure(
                "speech_failed", provider=self.name, reason="frames and sound differ"
            )
        if not np.isfinite(samples).all():
            raise SystemFailure("speech_failed", provider=self.name, reason="not a number")
        return samples, counts

    def _files(self) -> Path:
        with _LOCK:
            if self._folder is None:
                self._folder = ensure_voices(offline=self._offline)
            return self._folder

    def _english(self) -> EnglishWords:
        if self._words is None:
            self._words = EnglishWords(load_dictionary(self._files() / DICTIONARY_NAME))
        return self._words

    def _style(self, name: str) -> Samples:
        if name not in self._styles:
            parts = [np.fromfile(self._files() / f"{n}.bin", "<f4") for n in name.split("+")]
            style = np.mean(parts, axis=0, dtype=np.float32)
            self._styles[name] = style.reshape(MOST_TOKENS, -1)
        return self._styles[name]


def _label(name: str) -> str:
    accent = "UK" if name[0] == "b" else "US"
    return _LABELS.get(name) or f"{name[3:].capitalize()} ({accent})"
