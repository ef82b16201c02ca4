"""pytest plugin: `import frappe` works in tests without a Frappe (found by pytest by itself)."""

from frappe_celery.hosts.standalone.namespace import importer

importer.install()
