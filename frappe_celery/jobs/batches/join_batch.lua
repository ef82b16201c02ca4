-- function (prefix, first, id, asked, outcome)
-- A run of a batch's job was enqueued, or found to be a duplicate. With the last one of those that it
-- was to have the batch is whole, and they are handed out.
-- prefix; the run that its job began with; its id; what is asked of `enqueue.lua`; 'going' or
-- 'duplicate'
local batch = asked.batch
local key = prefix .. 'batch:' .. batch
local ended = {}
if asked.role then redis.call('HSET', key, asked.role, first .. ' ' .. id)
else ended = count_member(prefix, batch, first, outcome, not asked.first_run and id) or {} end
if asked.number and redis.call('HGET', key, 'status') == 'making' then
  local number = redis.call('HLEN', key .. ':members')
  for _, role in ipairs({'on_ended', 'on_finished'}) do
    number = number + redis.call('HEXISTS', key, role)
  end
  if number >= tonumber(asked.number) then
    redis.call('HSET', key, 'status', 'going')
    redis.call('HDEL', key, 'alive_at', 'relayed_at')
    ended = batch_over(prefix, batch)
    end_line(prefix, batch, 'made', ended)
  end
end
note_ended(prefix, ended)
