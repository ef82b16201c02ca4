"""The pages: jobs, batches, workers, sites and limits in a browser, by Django's admin.

In a bench this room is Django's application (`apps`). Without Frappe the standalone host is, which
adds pages of its tables. `server` serves them for `frappe-celery admin`; a team's own Django finds
them in its admin. `users` says whose jobs one sees.
"""
