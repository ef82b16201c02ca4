-- function (prefix, queue, element, reason)
-- An element of a queue's list, or of a site's line in it, that is none of ours: it is out of there, and
-- noted as `JobStore.refuse` notes messages.
-- prefix; queue; element; reason
local shown = string.gsub(string.sub(element, 1, 100), '[^\32-\126]', '?')
redis.call('LPUSH', prefix .. 'refused', cjson.encode(
  {at = tonumber(redis.call('TIME')[1]), queue = queue, run = shown, reason = reason}))
redis.call('LTRIM', prefix .. 'refused', 0, 999)
redis.call('INCR', prefix .. 'refusals')
