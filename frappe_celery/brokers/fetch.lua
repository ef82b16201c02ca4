-- Acknowledge what ended, then move the next message into the consumer's in-flight hash: one step,
-- so that a kill at any point leaves it in exactly one place.
-- KEYS: in-flight hash, then the queues' lists in the order that they are emptied
-- ARGV: prefix, delivery tag for what is fetched ('' : acknowledge only), 'whole' when runs of ours
--       are left to processes that take them themselves (`take.lua`), acknowledged tags …
-- A consumer that was settled, dead or cut off, gets nothing until its next sign of life: nobody
-- would look for what it holds.
-- Returns false, or {place in KEYS, token, sealed message or ''}.
local prefix, tag, runs_too = ARGV[1], ARGV[2], ARGV[3] ~= 'whole'
if #ARGV > 3 then redis.call('HDEL', KEYS[1], unpack(ARGV, 4)) end
if tag == '' then return false end
local consumer = string.sub(KEYS[1], #prefix + #'inflight:' + 1)
if not redis.call('ZSCORE', prefix .. 'consumers', consumer) then return false end
local these = runs_too and rules(prefix, 'line:') or nil
if these then these.release_due() end
for i = 2, #KEYS do
  local list, token, found, served
  if runs_too and string.sub(KEYS[i], 1, #prefix) == prefix then
    list, token, found, served = pick(prefix, KEYS[i], these, true)
    if served then rank(prefix, served, true) end
  else
    if redis.call('EXISTS', prefix .. 'turns:' .. string.sub(KEYS[i], #prefix + 1)) == 1 then
      ring(prefix, KEYS[i])  -- the process that was woken may have died, or a pause has ended
    end
    list, token = KEYS[i], redis.pcall('RPOP', KEYS[i])
    if not token or token.err then  -- empty, or no list: the others are served
      list = false
    elseif string.byte(token) ~= 123 then  -- '{': a whole message of some other Celery task
      redis.call('RPUSH', list, token)
      ring(prefix, list)  -- the process that was woken for it may have died
      list = false
    end
  end
  if list then
    redis.call('HSET', KEYS[1], tag, list .. '\n' .. token)
    return {i, token, found and found[3] or ''}
  end
end
if these and these.kept >= 100 then ring(prefix, KEYS[2]) end  -- there is more to look at
return false
