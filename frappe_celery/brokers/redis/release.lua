-- Give back what a consumer took and did not act on: first in its queue again. What was started
-- stays held, so that the reaper fails it should its process end without doing so.
-- KEYS: in-flight hash
-- ARGV: prefix, delivery tag
local held = redis.call('HGET', KEYS[1], ARGV[2])
if not held then return 0 end
local split = string.find(held, '\n', 1, true)
local list, token = string.sub(held, 1, split - 1), string.sub(held, split + 1)
local whole = string.byte(token) == 123  -- '{': some other Celery task
local status = not whole and redis.call('HGET', ARGV[1] .. 'job:' .. token, 'status')
if status == 'started' then return 0 end
redis.call('HDEL', KEYS[1], ARGV[2])
if whole or status == 'queued' then
  put(ARGV[1], list, token, true)
  ring(ARGV[1], list)
end
return 1
