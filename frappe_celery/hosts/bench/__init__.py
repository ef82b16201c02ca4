"""A real Frappe: its names that lead to RQ lead to Celery (`seam`), and jobs run in it (`host`)."""
