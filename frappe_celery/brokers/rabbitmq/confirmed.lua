-- RabbitMQ has runs of a queue: they are struck from its list here, and one process is woken.
-- KEYS: none
-- ARGV: prefix, queue, runs …
-- `came` counts, so that a busy process learns which queues to look into (`take.lua`).
local prefix, queue = ARGV[1], ARGV[2]
for i = 3, #ARGV do redis.call('LREM', prefix .. queue, -1, ARGV[i]) end
redis.call('HINCRBY', prefix .. 'came', queue, 1)
wake(prefix, prefix .. 'confirmed:' .. queue)
return 1
