"""Drawn people: looks read from words, heads and bodies as vectors, the way a figure stands."""

from ai_video.animatic.people.figure import Standing, face_box, figure_box, paint_figure
from ai_video.animatic.people.head import Face, Feeling, Mouth
from ai_video.animatic.people.looks import Look, look_of

__all__ = [
    "Face", "Feeling", "Look", "Mouth", "Standing", "face_box", "figure_box", "look_of", "paint_figure",
]  # fmt: skip
