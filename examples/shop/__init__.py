"""A small Frappe app, as Frappe developers write them; `frappe-celery demo` runs it."""

__version__ = "0.0.1"
