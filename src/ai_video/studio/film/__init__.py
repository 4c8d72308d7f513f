"""Verbs on a whole film: its document, what is stale, rendering, the storyboard sheet, publishing."""
