"""What Celery's worker takes jobs from: kombu's transports for Redis and RabbitMQ, made safe, and
takers for processes that take their jobs themselves (`taker`, `rabbitmq.taker`).

kombu imports the transports by name (`celery_app`). The worker asks `heartbeat` whether this
process lives and the broker answers; the commands and doctor look into RabbitMQ's `outbox` and
`parked`. Neither broker knows the other.
"""
