"""A conversation about a film, whose changes wait for the user."""
