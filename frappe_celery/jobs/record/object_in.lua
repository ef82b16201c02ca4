-- function (prefix, key, field, text, must, names)
-- The JSON object in a hash's field, in which each of the names has, as it `must` or may, a number above
-- 0. Anything else nobody of ours wrote: it is struck out and told of.
local ok, found = pcall(cjson.decode, text)
ok = ok and type(found) == 'table' and pcall(cjson.encode, found)
for _, name in ipairs(ok and names or {}) do
  local number = found[name]
  ok = ok and (type(number) == 'number' and number > 0 and number < 2 ^ 53 or number == nil and not must)
end
if ok then return found end
redis.call('HDEL', key, field)
refuse(prefix, '', field .. ': ' .. text, 'it makes no sense in the key ' .. key .. ', and is struck out')
