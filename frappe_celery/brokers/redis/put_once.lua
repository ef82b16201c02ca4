-- A message of an outbox enters its queue, unless somebody put it there before.
-- KEYS: the queue's list, the marks of the site's outbox
-- ARGV: message, its task's id, channel that is rung, queue
if redis.call('ZADD', KEYS[2], 'NX', 0, ARGV[2]) == 1 then
  redis.call('LPUSH', KEYS[1], ARGV[1])
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
