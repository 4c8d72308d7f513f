"""filmwords."""
