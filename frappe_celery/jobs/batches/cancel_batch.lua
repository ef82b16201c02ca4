-- function (prefix, batch, reason)
-- A batch that was not made whole, or that is forgotten: what waits for it is canceled.
-- prefix; batch; why
-- Returns whether something waited.
local some = false
for _, line in ipairs({'made', 'ended', 'finished'}) do
  local name = batch .. '/' .. line
  local record = prefix .. 'job:' .. name
  if redis.call('HGET', record, 'status') == 'started' then
    redis.call('HSET', record, 'status', 'canceled', 'canceled_by',
      cjson.encode({'batch ' .. batch, 'canceled', reason}))
    redis.call('ZADD', prefix .. 'settling', redis.call('TIME')[1], name .. '\nbatch ' .. batch)
    some = true
  end
end
return some
