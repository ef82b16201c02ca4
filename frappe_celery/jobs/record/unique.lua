-- function (prefix, asked)
-- What a job that asks for the same as a new one makes of that.
-- prefix; what is asked of the new one, as `enqueue.lua` has it
-- Returns that and why, as `enqueue.lua`; nothing: it is enqueued.
local other = redis.call('GET', prefix .. 'unique:' .. asked.unique)
if not other then return end
if asked.unique_way == 'unique_for' then return 'duplicate', other end
local id, first = unpack(redis.call('HMGET', prefix .. 'job:' .. other, 'id', 'first_run'))
first = first or other
local newest, status = line_now(prefix, id or '', first)
if not newest or is_over(status) then return end
local keeps = asked.unique_way == 'keep_newest'
local waits = keeps and status ~= 'started' or status == 'scheduled' and newest == first
if waits then return 'stands', newest end
if keeps and asked.follows ~= first then return 'runs', first .. '\n' .. id end
