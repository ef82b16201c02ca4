"""Redis or Valkey as the broker: kombu's transport, with nothing lost on the way to the worker.

`transport` decides what a worker's parent gets next, `poller` waits for it. The processes that take
jobs themselves use `brokers.taker`.
"""
