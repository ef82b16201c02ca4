"""The pages' tags, where a project has the standalone host as its application."""

from frappe_celery.host import page_tags as register

__all__ = ["register"]
