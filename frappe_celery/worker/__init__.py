"""The worker: what happens between a message and the method's return.

A worker's `crew` runs its jobs; `lifecycle` makes it, by the pool: processes, which `pool` forks
and looks after (`job_process` is one), threads, or the worker itself (`in_process`). `job_runner`
is how each of them takes and runs jobs, and when, `member` what it says of itself and what it is
told, `between_jobs` what is put right after each job. `task` is Celery's one
task for a job, `perform` a run. `callbacks`, `time_limit` and `again` follow the method.
Steps of Celery's worker are in `lifecycle` and `readiness`, those of its consumer in `bootsteps`,
`reaper` (who died) and `maintenance` (what one worker does for all, such as looking for `ghosts`).
Only `celery_app` uses it; whoever stands below calls `enqueue_shim` or one of `jobs.providers`.
"""
