"""Runs task DAGs durably; knows no video and no SQL.

Entry points: `scheduler.DAGScheduler` (submit, run, pause, cancel …) and `handlers.InProcessHandler`
(a task kind's work). The truth is a `store.TaskStore`; `memory_store.MemoryTaskStore` is its test
double, `storage.task_store.SqlTaskStore` the real one; one contract suite runs on both.
May import `domain` and `errors`.
"""
