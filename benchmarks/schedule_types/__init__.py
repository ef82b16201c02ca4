"""Every Scheduled Job Type of a site run once by RQ and once by Celery, and compared."""
