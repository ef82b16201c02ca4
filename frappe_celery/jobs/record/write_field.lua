-- Write a field of a record that is there: where it is gone nothing would ever remove the field.
-- KEYS: record
-- ARGV: status that it must have ('' : any), field, value. Returns whether it was written.
local status = redis.call('HGET', KEYS[1], 'status')
if not status or (ARGV[1] ~= '' and status ~= ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1
