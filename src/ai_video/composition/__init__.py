"""Parts into a film: how long shots last, subtitles, segments, the join, the timeline, checks.

Entry points: `frames_needed` and `place_lines` (pure), `cues_for`, `encode_segment`, `join_film`,
`write_sidecars`, `inspect_film`. May import assets, domain, settings, errors. Its double in tests
is FFmpeg itself on clips of a second.
"""
