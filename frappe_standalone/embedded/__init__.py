"""The Redis or Valkey of our own, started where the configuration names no broker.

`frappe_celery` finds it by an entry point, and asks `server.ensure(folder)` for its URL, where its
settings name none.
"""
