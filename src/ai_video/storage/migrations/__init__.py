"""The schema's history; `migrate.migrate` brings a database up to date."""
