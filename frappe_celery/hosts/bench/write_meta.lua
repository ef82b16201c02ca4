-- Write a field of a record that is there: where it is gone nothing would ever remove the field.
-- KEYS: record. ARGV: field, value
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
