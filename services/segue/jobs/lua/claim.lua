-- item id, owner, lease (ms) → {item id, item, attempts, failures} or false
local id = ARGV[1]
local status, job, number = load(id)
if not status then
  forget(id)
  return false
end
if status.state ~= 'queued' and status.state ~= 'retrying' then return false end
if status.due > now_ms() then return false end
if stopped(job) then
  cancel(id, status, job, number)
  return false
end
claim(id, status, job, number, ARGV[2], ARGV[3])
local item = redis.call('HGET', job_key(job) .. ':items', number)
return {id, item, status.attempts, status.failures}
