"""The subcommands of `frappe-celery`, one file each."""
