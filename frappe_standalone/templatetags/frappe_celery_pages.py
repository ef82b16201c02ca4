"""The pages' tags, where a project has the standalone host as its application."""

from frappe_celery.pages.templatetags.frappe_celery_pages import register

__all__ = ["register"]
