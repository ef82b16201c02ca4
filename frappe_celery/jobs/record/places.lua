-- The places in which there ever was a job; what is none is struck out and told of. ARGV: prefix
local key, places = ARGV[1] .. 'places', {}
for _, place in ipairs(sure(ARGV[1], 'SMEMBERS', key)) do
  local is_one = string.find(place, '|', 1, true) and not string.find(place, '[\192\193\245-\255]')
  if is_one then places[#places + 1] = place
  elseif redis.call('SREM', key, place) == 1 then refuse(ARGV[1], '', place, 'it is no place in ' .. key) end
end
return places
