-- function (prefix, place, run, these)
-- Whether a run that was taken out of a queue may begin; what can be no run that waits there is refused.
-- prefix; place in which it waited ('|queue' : whichever site's); run; rules (`rules.lua`), if there are any
-- Returns 'queued' and {status, place, message}; else 'refused', 'kept back' by a limit or a pause, or the
-- status that forbids it ('' : no record).
local found = redis.pcall('HMGET', prefix .. 'job:' .. run, 'status', 'place', 'message', 'ended_at')
local reason
if run == '' or #run > 100 or string.find(run, '[^%w_.:%-]') then reason = 'it is no id of a run'
elseif found.err then reason = 'its record is no hash'
elseif found[1] == 'queued' and found[2] ~= place
  and (string.byte(place) ~= 124 or string.sub(found[2] or '', -#place) ~= place) then
  reason = 'its record is of another place'
end
if reason then
  refuse(prefix, string.match(place, '[^|]*$'), run, reason)
  return 'refused'
end
if found[1] ~= 'queued' then return found[1] or '' end
if spent(prefix, run, found[2], found[4]) then return 'ended' end
if these and these.keeps_back(run, found[2]) then return 'kept back' end
return 'queued', found
