-- A run that is about to finish is repeated all the same: another follows it already.
-- KEYS: record
-- ARGV: the run that follows
-- Returns its status (nothing: it is gone); another than 'started' is not followed.
local status = redis.call('HGET', KEYS[1], 'status')
if status == 'started' then redis.call('HSET', KEYS[1], 'following', ARGV[1]) end
return status
