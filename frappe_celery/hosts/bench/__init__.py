"""A real Frappe: its names that lead to RQ lead to Celery (`seam`), and jobs run in it (`host`)."""

from contextlib import suppress

# Whole before any module of this room: v16 imports what calls the seam in when it is itself
# imported, and the seam needs them all. Without Frappe, `switch` says what is missing.
with suppress(ImportError):
    import frappe  # noqa: F401
