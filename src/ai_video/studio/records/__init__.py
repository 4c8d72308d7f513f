"""Verbs on what is stored: projects, characters, scenes, scripts, shots, files, voices, timelines."""
