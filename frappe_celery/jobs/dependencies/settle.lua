-- function (prefix, now, lines)
-- Jobs have ended: who depends on them enters its queue or is canceled, and then who depends on that.
-- prefix; now; {id, first run} of each
-- At once 100 that enter their queues, so that Redis serves others in between; what is left is noted
-- in `settling`, and promoted later.
-- Returns the runs that entered their queues, in the order in which they were enqueued.
local gone, left, next = {}, 100, 1
local DEAR = 3  -- to cancel one, or to bring it back, takes as long as three that enter their queues
while lines[next] and left > 0 do
  local id, first = unpack(lines[next])
  local dependants, canceled = prefix .. 'dependants:' .. first, prefix .. 'canceled_by:' .. first
  local newest, status, cause = line_now(prefix, id, first)
  cause = cause or cjson.encode({id, status or 'deleted'})
  local waiting = is_over(status)
    and redis.call('ZRANGEBYSCORE', dependants, '-inf', '(+inf', 'LIMIT', 0, left) or {}
  for _, run in ipairs(waiting) do
    if left <= 0 then break end
    local awaits = prefix .. 'awaits:' .. run
    local runs = status == 'finished' or redis.call('ZSCORE', awaits, first) ~= '0'
    local found = redis.call('HMGET', prefix .. 'job:' .. run, 'status', 'canceled_by', 'canceled_ttl')
    now, left = now + 1e-6, left - (runs and 1 or DEAR)  -- lists show them in this order
    redis.call('ZADD', dependants, '+inf', run)
    if runs then redis.call('ZREM', awaits, first)
    elseif found[1] == 'deferred' or found[2] then
      note_canceled(prefix, first, run, now, tonumber(found[3]))
    end
    if found[1] ~= 'deferred' then  -- canceled by another one, or gone
      redis.call('ZREM', dependants, run)
      let_expire(prefix, first, id)
    elseif not runs then
      local _, its = cancel_deferred(prefix, run, now, cause)
      for _, line in ipairs(its) do lines[#lines + 1] = line end
    elseif redis.call('EXISTS', awaits) == 0 then
      if enter(prefix, run, 'deferred', now) then gone[#gone + 1] = run end
    end
  end
  if left > 0 then
    local back = prefix .. 'brings_back:' .. first
    local did = status == 'finished' and redis.call('EXISTS', back) == 1
    left = left - DEAR * bring_back(prefix, now, first, status, math.ceil(left / DEAR), gone)
    if did and redis.call('EXISTS', back) == 0 then  -- they go again: now its batch counts it
      local batch = redis.call('HGET', prefix .. 'job:' .. newest, 'batch')
      for _, line in ipairs(batch and count_member(prefix, batch, first, status) or {}) do
        lines[#lines + 1] = line
      end
    end
  end
  if left > 0 then next = next + 1 end
end
note_ended(prefix, {unpack(lines, next)})
return gone
