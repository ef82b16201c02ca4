-- Record what succeeded, acknowledge what ended, then move the next message into the consumer's
-- in-flight hash: one step, so that a kill at any point leaves it in exactly one place.
-- `scripts.py` puts finish.lua before this, as the function `finish`.
-- KEYS: in-flight hash, then the queues' lists in the order that they are emptied
-- ARGV: prefix, delivery tag for what is fetched ('' : acknowledge only), now, seconds to keep a
--       finished record, number of runs that returned None, these runs …, acknowledged tags …
-- A consumer that was settled, dead or cut off, gets nothing until its next sign of life: nobody
-- would look for what it holds.
-- Returns false, or {place in KEYS, token, sealed message or ''}.
local prefix, tag, succeeded = ARGV[1], ARGV[2], tonumber(ARGV[5])
for i = 6, 5 + succeeded do
  finish({prefix .. 'job:' .. ARGV[i]},
    {prefix, ARGV[i], ARGV[3], 'started', 'finished', ARGV[4], '0', 'result_ttl'})
end
if #ARGV > 5 + succeeded then redis.call('HDEL', KEYS[1], unpack(ARGV, 6 + succeeded)) end
if tag == '' then return false end
local consumer = string.sub(KEYS[1], #prefix + #'inflight:' + 1)
if not redis.call('ZSCORE', prefix .. 'consumers', consumer) then return false end
for i = 2, #KEYS do
  while true do
    local token = redis.pcall('RPOP', KEYS[i])
    if not token or token.err then break end  -- empty, or no list: the others are served
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
