-- The fields of a hash and their JSON objects, as `object_in.lua` has them.
-- ARGV: prefix, key, '1' where each of the names must be there, names …
local found, all = {}, sure(ARGV[1], 'HGETALL', ARGV[2])
for i = 1, #all, 2 do
  local its = object_in(ARGV[1], ARGV[2], all[i], all[i + 1], ARGV[3] == '1', {unpack(ARGV, 4)})
  if its then
    local flat = {['-'] = true}  -- so that it is no array
    for name, value in pairs(its) do flat[tostring(name)] = type(value) ~= 'table' and value or nil end
    found[#found + 1], found[#found + 2] = all[i], cjson.encode(flat)
  end
end
return found
