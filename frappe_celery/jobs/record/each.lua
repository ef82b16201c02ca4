-- What a command that changes nothing answers for each of some keys.
-- ARGV: command, number of keys, key …, what else the command takes …
-- Returns an answer for each key.
local found, last = {}, 2 + ARGV[2]
for i = 3, last do found[#found + 1] = redis.call(ARGV[1], ARGV[i], unpack(ARGV, last + 1)) end
return found
