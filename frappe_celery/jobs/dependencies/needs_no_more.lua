-- function (prefix, first, depends_on, keep)
-- A job has ended, and needs those no more that it depended on.
-- prefix; its first run; what it depends on, as its record has it; of one that a dependency canceled,
-- which may be brought back: for how many seconds it is known what it still waits for
local awaits = prefix .. 'awaits:' .. first
if not keep then redis.call('DEL', awaits) elseif keep >= 0 then redis.call('EXPIRE', awaits, keep) end
for _, one in ipairs(cjson.decode(depends_on)) do
  local dependants = prefix .. 'dependants:' .. one[1]
  local settled = not keep or redis.call('ZSCORE', dependants, first) == 'inf'
  if settled and redis.call('ZREM', dependants, first) == 1 then let_expire(prefix, one[1], one[2]) end
end
