-- function (prefix, queue, element, reason)
-- An element of a queue's list, or of a site's lane in it, that is none of ours: it is out of there, and
-- noted as `JobStore.refuse` notes messages, and for a worker to log.
-- prefix; queue; element; reason
local shown = string.gsub(string.sub(element, 1, 100), '[^\32-\126]', '?')
local entry = cjson.encode(
  {at = tonumber(redis.call('TIME')[1]), queue = queue, run = shown, reason = reason})
for _, list in ipairs({prefix .. 'refused', prefix .. 'refused:untold'}) do
  redis.call('LPUSH', list, entry)
  redis.call('LTRIM', list, 0, 999)
end
redis.call('INCR', prefix .. 'refusals')
