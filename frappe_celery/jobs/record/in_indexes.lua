-- What a command that changes nothing answers for each index of some places in some statuses.
-- ARGV: prefix, command, number of places, place …, number of statuses, status …, what else the
-- command takes …
-- Returns of each index that is not empty: number of its place, of its status, both from 0, answer.
local last_place = 3 + ARGV[3]
local last, found = last_place + 1 + ARGV[last_place + 1], {}
for p = 4, last_place do
  for s = last_place + 2, last do
    local index = ARGV[1] .. 'jobs:' .. ARGV[p] .. '|' .. ARGV[s]
    local answer = redis.call(ARGV[2], index, unpack(ARGV, last + 1))
    if answer ~= 0 and (type(answer) ~= 'table' or answer[1]) then
      found[#found + 1] = {p - 4, s - last_place - 2, answer}
    end
  end
end
return found
