"""Verbs on tasks, DAGs, runs of workflows and the takes they leave."""
