"""The worker: what happens between a message and the method's return.

`task` is Celery's one task, `perform` a run: claimed, run in its host, recorded. `callbacks`,
`time_limit` and `again` follow the method. The rest are steps of Celery's worker: `bootsteps` (its
record, burst), `reaper` and `sweeper` (who died, what got lost), `due`, `processes`, `shutdown`.
Only `celery_app` uses it; whoever stands below calls `enqueue_shim` or a slot of `jobs.slots`.
"""
