"""Redis or Valkey as the broker: kombu's transport, with nothing lost on the way to the worker.

`transport` decides what a worker gets next, `poller` waits for it, `pace` says when to fetch ahead,
`sentinel_transport` follows the master behind Sentinels.
"""
