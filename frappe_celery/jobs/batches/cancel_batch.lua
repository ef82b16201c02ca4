-- function (prefix, batch, reason)
-- A batch that was not made whole, or that is forgotten: what waits for it is canceled.
-- prefix; batch; why
local about, lines = 'batch ' .. batch, {}
for _, line in ipairs({'made', 'ended', 'finished'}) do
  local record = prefix .. 'job:' .. batch .. '/' .. line
  if redis.call('HGET', record, 'status') == 'started' then
    redis.call('HSET', record, 'status', 'canceled',
      'canceled_by', cjson.encode({about, 'canceled', reason}))
    lines[#lines + 1] = {about, batch .. '/' .. line}
  end
end
note_ended(prefix, lines)
