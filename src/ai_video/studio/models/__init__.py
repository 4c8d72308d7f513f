"""Enabled language models, and what was asked of them."""
