-- item id, owner, kind (refused, failed, outage), reason, message, next step,
-- delay (ms), attempts allowed, patience (ms) → retrying, dead, cancelled, or false: the owner lost
-- the item
local id, kind = ARGV[1], ARGV[3]
local status, job, number = load(id)
if not status or status.state ~= 'running' or status.owner ~= ARGV[2] then return false end
local now, final = now_ms(), kind == 'refused'
if kind == 'failed' then
  status.failures = status.failures + 1
  final = status.failures >= tonumber(ARGV[8])
elseif kind == 'outage' then
  if status.outage == 0 then status.outage = now end
  final = status.attempts >= tonumber(ARGV[8]) and now - status.outage >= tonumber(ARGV[9])
end
status.reason, status.message = ARGV[4], ARGV[5]
if final then
  bury(id, status, job, number, ARGV[6])
  return 'dead'
end
return postpone(id, status, job, number, tonumber(ARGV[7]))
