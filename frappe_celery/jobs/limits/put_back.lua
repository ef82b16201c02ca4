-- A started run could not begin, because its site's database is away: it waits again, and the site is
-- set aside for all workers. One of its runs looks again after a second, and after each look that
-- finds it away the pause is twice as long.
-- KEYS: its record, outages
-- ARGV: prefix, what the names of lanes begin with, run, what the database said, longest pause (seconds)
-- Returns whether this is the first to be put back; nil: the run has been stopped, say.
local prefix, run = ARGV[1], ARGV[3]
local status, place, enqueued_at, holds =
  unpack(redis.call('HMGET', KEYS[1], 'status', 'place', 'enqueued_at', 'holds'))
if status ~= 'started' then return nil end
unstart(prefix, run, place, enqueued_at, holds)

local time, site = redis.call('TIME'), string.match(place, '^(.*)|')
local now = time[1] + time[2] / 1e6
local told = sure(prefix, 'HGET', KEYS[2], site)
told = told and object_in(prefix, KEYS[2], site, told, true, {'since', 'look', 'pause'})
local outage = told or {since = now, look = now, pause = 0.5}
if outage.look <= now then
  outage.pause = math.min(outage.pause * 2, tonumber(ARGV[5]))
  outage.look, outage.error = now + outage.pause, ARGV[4]
  redis.call('HSET', KEYS[2], site, cjson.encode(outage))
end
rules(prefix, ARGV[2]).keeps_back(run, place)
return told and 0 or 1
