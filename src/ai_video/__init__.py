"""ai-video: a text becomes a finished film."""

__version__ = "0.1.0"
