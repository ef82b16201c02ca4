"""The Redis or Valkey of our own, started where the configuration names no broker.

Others ask `server.ensure(folder)` for its URL, which only the settings do. It needs nothing of this
package but an error, so that `settings` can start it.
"""
