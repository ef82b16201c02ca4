"""The pages' tags, where a project has the standalone host as its application."""

from frappe_pages.templatetags.frappe_celery_pages import register as register

__all__ = ["register"]
