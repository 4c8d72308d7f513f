"""The tools, by what they are about: each is a few lines around one verb of the studio.

Entry point: `registry.TOOLS` one level up. May import what `agent` may.
"""
