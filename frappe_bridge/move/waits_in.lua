-- function (lists, first, id)
-- Whether a job of this id waits in one of these lists of RQ's, from that one on.
for i = first, #lists do
  if redis.call('LPOS', lists[i], id) then return true end
end
return false
