-- function (prefix, id, are_routes)
-- The run under an id that waits or runs ('' : RQ has it). Where none does, those that have ended go.
-- prefix; id; whether the bench has routes
local ids, gone = prefix .. 'id:' .. id, {}
local theirs = are_routes and redis.call('HGET', 'rq:job:' .. id, 'status')
if theirs == 'queued' or theirs == 'started' then return '' end
for _, other in ipairs(redis.call('ZREVRANGE', ids, 0, -1)) do
  local status = redis.call('HGET', prefix .. 'job:' .. other, 'status')
  if status and not is_over(status) then return other end
  gone[#gone + 1] = other
end
for _, other in ipairs(gone) do
  local record = prefix .. 'job:' .. other
  local found = redis.call('HMGET', record, 'place', 'status', 'keep', 'depends_on', 'first_run')
  if found[4] and not found[3] then delete({record}, {prefix, other})
  elseif not found[3] then  -- else a job needs it
    if found[1] then
      local ended = found[1] .. '|' .. found[2]
      redis.call('ZREM', prefix .. 'jobs:' .. ended, other)
      redis.call('ZREM', prefix .. 'expiring', ended .. '\n' .. other)
    end
    redis.call('DEL', record)
    redis.call('ZREM', ids, other)
    if found[5] then keep_attempts(prefix, found[5], 0) end
  end
end
