-- function (prefix, run, unique, status, following)
-- A run that was one of many has ended, or is deleted: another may come where it has not finished, or
-- where no time was said.
-- prefix; run; its key; status; the run that follows it, if one does
local key = prefix .. 'unique:' .. unique
if redis.call('GET', key) ~= run then return end
if following then redis.call('SET', key, following, 'KEEPTTL')
elseif status ~= 'finished' or redis.call('TTL', key) < 0 then redis.call('DEL', key) end
