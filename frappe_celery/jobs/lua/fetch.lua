-- Acknowledge what ended, then move the next message into the consumer's in-flight hash: one step,
-- so that a kill at any point leaves it in exactly one place.
-- KEYS: in-flight hash, then the queues' lists in the order that they are emptied
-- ARGV: prefix, delivery tag for what is fetched ('' : acknowledge only), acknowledged tags …
-- Returns false, or {place in KEYS, token, sealed message or ''}.
local prefix, tag = ARGV[1], ARGV[2]
if #ARGV > 2 then redis.call('HDEL', KEYS[1], unpack(ARGV, 3)) end
if tag == '' then return false end
for i = 2, #KEYS do
  while true do
    local token = redis.call('RPOP', KEYS[i])
    if not token then break end
    if string.byte(token) == 123 then  -- '{': a whole message of some other Celery task
      redis.call('HSET', KEYS[1], tag, KEYS[i] .. '\n' .. token)
      return {i, token, ''}
    end
    local found = redis.call('HMGET', prefix .. 'job:' .. token, 'status', 'message')
    if found[1] == 'queued' then
      redis.call('HSET', KEYS[1], tag, KEYS[i] .. '\n' .. token)
      return {i, token, found[2]}
    end  -- else canceled, deleted or already running: this token is spent
  end
end
return false
