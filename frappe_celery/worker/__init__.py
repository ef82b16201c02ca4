"""The worker: what happens between a message and the method's return.

`pool` forks processes that take jobs themselves and looks after them; `job_process` is one of them,
`slot` what it says of itself, `orders` what it is told, `between_jobs` what is put right after each
job. `task` is Celery's one task, `perform` a run: claimed, run in its host, recorded. `callbacks`,
`time_limit` and `again` follow the method. The rest are steps of Celery's worker: `bootsteps` (its
record, burst), `reaper` and `sweeper` (who died, what got lost), `due`, `processes`,
`readiness`, `shutdown`.
Only `celery_app` uses it; whoever stands below calls `enqueue_shim` or one of `jobs.providers`.
"""
