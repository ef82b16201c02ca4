-- KEYS: minutes. Returns JSON: how many ended in all of them, by place and status.
local found = {}
for _, minute in ipairs(KEYS) do
  local counts = redis.call('HGETALL', minute)
  for i = 1, #counts, 2 do found[counts[i]] = (found[counts[i]] or 0) + counts[i + 1] end
end
return cjson.encode(found)
