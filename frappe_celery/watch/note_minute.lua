-- KEYS: text of the last minute that was noted
-- ARGV: what begins the rings' names, minute, minutes kept, hours kept, then of each site: name,
--       finished, failed, waiting, wait
local minute, hour = tonumber(ARGV[2]), math.floor(ARGV[2] / 60)
local record = '<I4I4I4I4I4'
local function read(ring, places, number)
  local at = number % places * 20
  local found = redis.call('GETRANGE', ring, at, at + 19)
  if found == '' then  -- made at its whole length: Redis adds nothing to spare
    redis.call('SETRANGE', ring, places * 20 - 1, '\0')
    return 0
  end
  return struct.unpack(record, found)
end
local function write(ring, places, number, ...)
  redis.call('SETRANGE', ring, number % places * 20, struct.pack(record, number, ...))
end
for i = 5, #ARGV, 5 do
  local finished, failed, waiting, wait = unpack(ARGV, i + 1, i + 4)
  local day, week = ARGV[1] .. 'day:' .. ARGV[i], ARGV[1] .. 'week:' .. ARGV[i]
  if read(day, ARGV[3], minute) ~= minute then  -- else another worker was first
    write(day, ARGV[3], minute, finished, failed, waiting, wait)
    local its, sum, bad, most, longest = read(week, ARGV[4], hour)
    if its ~= hour then
      sum, bad, most, longest = 0, 0, 0, 0
      redis.call('EXPIRE', day, ARGV[3] * 60 + 7200)
      redis.call('EXPIRE', week, ARGV[4] * 3600 + 7200)
    end
    write(week, ARGV[4], hour, sum + finished, bad + failed, math.max(most, waiting),
      math.max(longest, wait))
  end
end
if tonumber(redis.call('GET', KEYS[1]) or 0) < minute then
  redis.call('SET', KEYS[1], minute, 'EX', ARGV[4] * 3600)
end
