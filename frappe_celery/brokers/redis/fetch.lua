-- Move the next whole message of a Celery task into the consumer's in-flight hash: one step, so that a
-- kill at any point leaves it in exactly one place.
-- KEYS: in-flight hash, consumers, then the queues' lists in the order that they are emptied
-- ARGV: consumer, delivery tag for what is fetched
-- A consumer that was settled, dead or cut off, gets nothing until its next sign of life: nobody
-- would look for what it holds.
-- Returns false, or {the list that it was in, message}; asked again under the same tag, the same.
local held = redis.call('HGET', KEYS[1], ARGV[2])
if held then return {string.match(held, '^(.-)\n(.*)')} end
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return false end
for i = 3, #KEYS do
  local message = redis.pcall('RPOP', KEYS[i])
  if message and not message.err then  -- else empty, or no list: the others are served
    redis.call('HSET', KEYS[1], ARGV[2], KEYS[i] .. '\n' .. message)
    return {KEYS[i], message}
  end
end
return false
