"""The same measurements in a real bench: Frappe's jobs on Celery beside Frappe's jobs on RQ."""
