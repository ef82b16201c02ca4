-- function (lists, first, id)
-- No queue of RQ's, from that one on of these lists, has a job of this id as failed or finished.
for i = first, #lists do
  local name = string.sub(lists[i], #'rq:queue:' + 1)
  redis.call('ZREM', 'rq:failed:' .. name, id)
  redis.call('ZREM', 'rq:finished:' .. name, id)
end
