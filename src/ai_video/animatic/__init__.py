"""The embedded generator: draws keyframes and clips by itself, with no model and no GPU.

Entry point: `AnimaticGenerator` (`generator.py`), an implementation of `domain.ports.Generator`.
A shot becomes a `Stage` (layers painted by `scenery` and `figures`, or a card), a `Camera` says
where each layer stands at a frame, `frames` composes Y, U and V planes and `encoder` pipes them
into ffmpeg. The same shot, size and frame count give the same bytes.

May import: domain, errors. Test double: none needed; a 64x36 clip of five frames takes
milliseconds.
"""

from ai_video.animatic.generator import AnimaticGenerator

__all__ = ["AnimaticGenerator"]
