"""Words become shots: stories, drafts, storyboards, translations of lines."""
