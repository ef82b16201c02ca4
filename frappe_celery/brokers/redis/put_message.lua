-- A whole message enters its queue; one of an outbox only unless somebody put it there before.
-- KEYS: the queue's list, of one of an outbox also the marks of its site
-- ARGV: message, channel that is rung, queue, of one of an outbox its row's run
if not KEYS[2] or redis.call('ZADD', KEYS[2], 'NX', 0, ARGV[4]) == 1 then
  redis.call('LPUSH', KEYS[1], ARGV[1])
  redis.call('PUBLISH', ARGV[2], ARGV[3])
end
