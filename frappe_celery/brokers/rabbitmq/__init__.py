"""RabbitMQ as the broker, chosen by a `broker_url` that begins with amqp://.

The jobs' records stay in Redis (`redis_queue`); only what waits in a queue waits in RabbitMQ. Each
step of the store's pushes a run into its queue's list in Redis, as ever. Here a run
stands in that list until RabbitMQ has confirmed its message (`forwarder`, `publisher`), and whoever
dies in between, some worker sends it again (`worker.bootsteps`). A run that was sent
twice starts once: `claim.lua` decides, not the broker.

A process that takes jobs asks the queues one after another, in their order, for one message
(`taker`); a worker's parent asks so for a team's own tasks (`channel`). Until a run is claimed
RabbitMQ has it: it delivers the message again when the process dies. From then on the worker's
signs of life count, as on Redis.
"""
