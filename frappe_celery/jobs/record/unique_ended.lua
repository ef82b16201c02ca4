-- function (prefix, run, unique, depends_on, status, following)
-- A run that was one of many has ended, or is deleted: another may come where it has not finished, or
-- where no time was said. Of one that waited for another that is this one again.
-- prefix; run; its key; what it depends on; status; the run that follows it, if one does
local key = prefix .. 'unique:' .. unique
if redis.call('GET', key) ~= run then return end
if following then redis.call('SET', key, following, 'KEEPTTL')
elseif status ~= 'finished' or redis.call('TTL', key) < 0 then
  local first, id = unpack(depends_on and cjson.decode(depends_on)[1] or {})
  local newest, its
  if first then newest, its = line_now(prefix, id, first) end
  if newest and not is_over(its) then redis.call('SET', key, newest) else redis.call('DEL', key) end
end
