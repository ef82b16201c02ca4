"""Who looks on: doctor, metrics, logs, mail on failure, traces, and how jobs are shown.

None of it changes a job. `celery_app` and the hosts connect what listens (`logs.output`, `notify`,
`caught`, `telemetry`); the commands and the admin's pages show what `doctor` and
`metrics` found, jobs by `job_display` (in a terminal by `job_tables`), times and limits by
`words`. What several of these read is in `snapshot` and `doctor.now`.
"""
