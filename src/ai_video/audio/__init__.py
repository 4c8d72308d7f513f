"""Speech, casting, music and the film's sound.

Entry points: `registry.build_provider` (a `domain.ports.SpeechProvider`), `casting.cast_voices`,
`mix.mix_film`, `encoding.encode_sound`, `wav.write_speech`, `voice_files.fetch_voices`. May import:
assets, domain, settings, errors. Test double: `silent.SilentProvider` (silence as long as the speech would be);
`fake_tts` answers like a GPT-SoVITS server.
"""
