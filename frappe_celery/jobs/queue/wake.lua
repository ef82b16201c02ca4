-- function (prefix, bell)
-- Put one element into a bell, a list for which idle processes wait, unless one is in it already.
-- prefix; bell: the list
if sure(prefix, 'LLEN', bell) == 0 then redis.call('LPUSH', bell, '1') end
