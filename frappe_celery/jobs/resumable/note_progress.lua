-- A running job notes how far it is.
-- KEYS: its record
-- ARGV: prefix, run, field, value …
-- Returns its status, also of a record that is gone ('' : nobody knows).
local status = redis.call('HGET', KEYS[1], 'status')
if status == 'started' then redis.call('HSET', KEYS[1], unpack(ARGV, 3)) end
return status or redis.call('GET', ARGV[1] .. 'spent:' .. ARGV[2]) or ''
