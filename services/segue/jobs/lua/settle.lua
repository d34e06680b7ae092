-- item id, owner, indexed or skipped, reason, message, lease (ms) of the item to take next or '',
-- most URLs of guests, as for TAKE
-- → {whether the owner still held the item, what TAKE gives}
local function note_changed(item)
  -- Also of a track that was left as it is: it may have been stored by somebody who was killed
  -- before saying so.
  local record = cjson.decode(item)
  if record.track_id then
    local key = of_catalogue(record.catalogue, 'changed-tracks')
    redis.call('XADD', key, 'MAXLEN', '~', 10000, '*', 't', record.track_id)
  end
end

local id, owner = ARGV[1], ARGV[2]
local status, job, number = load(id)
local held_it = status and status.state == 'running' and status.owner == owner
if held_it then
  local before = status.state
  leave(id, owner, status.lane)
  redis.call('ZREM', 'segue:unfinished', id)
  local item = redis.call('HGET', job_key(job) .. ':items', number)
  local uri = spool_uri(item)
  if uri then redis.call('SREM', 'segue:spooled', uri) end
  absolve(item)
  note_changed(item)
  status.state, status.owner, status.reason, status.message = ARGV[3], '', ARGV[4], ARGV[5]
  save(job, number, status, before)
end
return {held_it and 1 or 0, ARGV[6] ~= '' and take(owner, ARGV[6], ARGV[7])}
