-- What holds and what does not any more: begun and ended alerts go to the unsent, each once.
-- ARGV: prefix, now, id, JSON: what holds now, by key: for how long it must, and its notice
local prefix, now = ARGV[1], tonumber(ARGV[2])
local state = prefix .. 'alerts'
local holds, begun, over, words = cjson.decode(ARGV[4]), {}, {}, {}
for key, one in pairs(holds) do
  local text = redis.call('HGET', state, key)
  local known = text and cjson.decode(text) or {since = now}
  if not known.told and now - known.since >= one.seconds then
    known.told = true
    begun[#begun + 1] = one.notice
    words[one.notice.summary] = true
  end
  known.notice = one.notice
  redis.call('HSET', state, key, cjson.encode(known))
end
local all = redis.call('HGETALL', state)
for i = 1, #all, 2 do
  if not holds[all[i]] then
    local known = cjson.decode(all[i + 1])
    -- a second loss, say, takes the first one's place: in one breath it is not over
    if known.told and not words[known.notice.summary] then over[#over + 1] = known.notice end
    redis.call('HDEL', state, all[i])
  end
end
if #begun + #over == 0 then return end
local unsent = state .. ':outbox'
redis.call('LPUSH', unsent, cjson.encode({id = ARGV[3], at = now, begun = begun, over = over}))
redis.call('LTRIM', unsent, 0, 99)
