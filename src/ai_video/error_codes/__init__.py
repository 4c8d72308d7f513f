"""The words of every error code, one TOML file per package."""
