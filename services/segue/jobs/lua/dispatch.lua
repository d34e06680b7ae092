-- most hints under way, attempts allowed, reason, message, next step of an item whose lease ended,
-- queue of the hints, worker, most of guests' URLs that it fetches at a time
-- → number of hints to send
local now = now_ms()
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'segue:leases', '-inf', whole(now))) do
  local status, job, number = load(id)
  if not status or status.state ~= 'running' then
    redis.call('ZREM', 'segue:leases', id)
  else
    status.failures = status.failures + 1
    status.reason, status.message = ARGV[3], ARGV[4]
    if status.failures >= tonumber(ARGV[2]) then
      bury(id, status, job, number, ARGV[5])
    else
      postpone(id, status, job, number, 0)
    end
  end
end
local wanted = ARGV[1] - redis.call('LLEN', ARGV[6])
if wanted <= 0 then return 0 end
return math.min(wanted, count_due(ARGV[7], tonumber(ARGV[8])))
