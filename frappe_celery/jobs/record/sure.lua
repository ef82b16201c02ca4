-- function (prefix, command, key, ...)
-- What a command says of a key that must be of its kind; what is none, which nobody of ours wrote, is put
-- aside and told of. Returns also whether it was so.
local found = redis.pcall(command, key, ...)
if type(found) ~= 'table' or not found.err then return found end
if string.find(found.err, 'WRONGTYPE', 1, true) then
  local aside = prefix .. 'junk:' .. string.sub(key, #prefix + 1)
  refuse(prefix, '', key, 'the key ' .. key .. ' held what it cannot hold, which is now ' .. aside)
  redis.call('RENAME', key, aside)
end
return redis.call(command, key, ...), true
