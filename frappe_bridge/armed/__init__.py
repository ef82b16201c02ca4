"""A bench in which both systems run: by queue and site a job goes to RQ or Celery (`routing`).

`frappe_celery.hosts.bench.switch` chooses this room where it enters a process, in place of its own:
`seam` and `host` are those with what follows routes in their place. Only a process that starts
after the bench was armed knows of routes (`older_processes` finds the others), and knows of them
until it ends; how they change meanwhile it sees in Redis.
"""
