"""A stand-in for a ComfyUI server: its routes, answers, events and races, with drawn pictures.

    python -m ai_video.comfyui.fake_server --port 0 [--race NAME] [--state DIR]

In a test: `with serving(FakeOptions()) as fake: fake.url`. Graphs are checked by
`comfyui.validate`, then "run": size, length, rate, seed and prompt come from the graph's nodes
and are drawn, so that a film made on it can be watched. Nothing else stands in for this package.
"""

from ai_video.comfyui.fake_server.options import FakeOptions
from ai_video.comfyui.fake_server.server import FakeComfy, serving

__all__ = ["FakeComfy", "FakeOptions", "serving"]
