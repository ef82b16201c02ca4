"""Redis or Valkey as the broker: kombu's transport, with nothing lost on the way."""
