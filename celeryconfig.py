"""Reference configuration for a deployment: copy it beside `sites/` and keep what you need.

`celery -A frappe_celery …` reads the module `celeryconfig` (or the one that $CELERY_CONFIG_MODULE
names) from the folder where it is started; what stands there wins over the package's own settings.
The broker, the queues and the time limits come from common_site_config.json and need nothing here.
Every setting that is switched on below is one that a deployment usually wants; the others are
examples.
"""

# Memory: a worker process is replaced when it has grown beyond this many KiB …
worker_max_memory_per_child = 600_000
# … and after this many jobs (the package's own setting is 5,000, as Frappe v17 does).
# worker_max_tasks_per_child = 5_000

# Processes a worker: one a core unless `celery worker --concurrency` says otherwise.
# worker_concurrency = 4

# Deploys: at SIGTERM running jobs go on for up to `shutdown_seconds` (common_site_config.json). At
# SIGQUIT, Celery's cold shutdown, they have only this many seconds before their processes end.
worker_soft_shutdown_timeout = 60.0
worker_enable_soft_shutdown_on_idle = False

# Events for Flower and other monitors (`celery -A frappe_celery flower`).
worker_send_task_events = True

# Logs: plain lines on stderr, which supervisor or systemd keeps.
worker_hijack_root_logger = False
worker_log_format = "%(asctime)s %(levelname)s %(processName)s %(message)s"
worker_task_log_format = "%(asctime)s %(levelname)s %(task_name)s[%(task_id)s] %(message)s"

# Results of your own Celery tasks, and of Frappe's methods in canvas (docs/start-celery.md).
# result_backend = "redis://localhost:6379/1"

# Your own Celery tasks live beside Frappe's jobs; give them a queue of their own in `workers` of
# common_site_config.json and route them there.
# imports = ("mycompany.celery_tasks",)
# task_routes = {"mycompany.celery_tasks.*": {"queue": "mine"}}
