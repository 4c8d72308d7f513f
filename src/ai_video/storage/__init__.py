"""The studio's database: tables, one transaction per call, migrations.

Entry points: `database.Database` and its `Unit` (entities of `domain` in and out), `queries` for
what a single table cannot answer, `task_store` for the orchestrator's tasks. SQLite by default,
PostgreSQL by URL; one contract suite runs on both, there is no other double.
May import `orchestrator` (whose store protocol it implements), `domain` and `errors`.
"""
