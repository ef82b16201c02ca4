-- function (prefix, asked, record, run)
-- A recorded run is of a job that has had another one.
-- prefix; what is asked of `enqueue.lua`; record; run
local first_run = asked.first_run
if asked.brings_back then asks_back(prefix, first_run) end
local needing = {prefix .. 'dependants:' .. first_run, prefix .. 'brings_back:' .. first_run}
if redis.call('EXISTS', unpack(needing)) > 0 then redis.call('HSET', record, 'needed', first_run) end
for _, one in ipairs(asked.depends_on and cjson.decode(asked.depends_on) or {}) do
  local newest = line_now(prefix, one[2], one[1])  -- it reads what they returned again
  if newest then keep_for(prefix, one[1], one[2], newest, first_run) end
end
if asked.requeued then
  if asked.error then redis.call('HSET', prefix .. 'job:' .. asked.requeued, 'exc_info', asked.error) end
  become_attempt(prefix, asked.requeued, run)
  local key = asked.unique and prefix .. 'unique:' .. asked.unique
  if key and redis.call('GET', key) == asked.requeued then redis.call('SET', key, run, 'KEEPTTL') end
end
