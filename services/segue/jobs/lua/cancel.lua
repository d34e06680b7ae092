-- job, number of the first item, most items
-- → {number of the next item, items in all, how many of these were cancelled} or false
local job, key = ARGV[1], job_key(ARGV[1])
if redis.call('EXISTS', key) == 0 then return false end
local total = tonumber(redis.call('HGET', key, 'total') or 0)
if redis.call('HEXISTS', key, 'finished') == 1 then return {total, total, 0} end
redis.call('HSETNX', key, 'stopped', whole(now_ms()))
local first, cancelled = tonumber(ARGV[2]), 0
local after = math.min(first + ARGV[3], total)
for number = first, after - 1 do
  local id = job .. '/' .. whole(number)
  local status = load(id)
  if status.state == 'queued' or status.state == 'retrying' then
    cancel(id, status, job, whole(number))
    cancelled = cancelled + 1
  end
end
return {after, total, cancelled}
