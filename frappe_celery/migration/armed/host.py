"""The host of an armed bench, for which its processes ask when they first enqueue into Celery."""

from frappe_celery.jobs import bridge

make_host = bridge.part("armed.host").make_host
