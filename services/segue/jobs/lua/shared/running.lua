local function leave(id, owner, lane)
  redis.call('ZREM', 'segue:waiting', id)
  redis.call('ZREM', 'segue:leases', id)
  redis.call('HDEL', 'segue:fetching', id)
  if lane then redis.call('ZREM', 'segue:waiting:' .. lane, id) end
  if owner ~= '' and redis.call('HGET', 'segue:holders', owner) == id then
    redis.call('HDEL', 'segue:holders', owner)
  end
end

local function forget(id)
  leave(id, '')
  for _, lane in ipairs(redis.call('ZRANGE', 'segue:turns', 0, -1)) do
    redis.call('ZREM', 'segue:waiting:' .. lane, id)
  end
  redis.call('ZREM', 'segue:unfinished', id)
end

-- The item that this owner runs, of which it may not know: an answer can get lost.
local function held(owner)
  local id = redis.call('HGET', 'segue:holders', owner)
  if not id then return nil end
  local status, job, number = load(id)
  if status and status.state == 'running' and status.owner == owner then
    return id, status, job, number
  end
end

-- Owners are named <worker>:<process>.
local function worker_of(owner) return string.match(owner, '^(.*):[^:]*$') or owner end

local function lend(id, owner, lease_ms)
  redis.call('ZADD', 'segue:leases', whole(now_ms() + lease_ms), id)
  redis.call('HSET', 'segue:holders', owner, id)
end

local function claim(id, status, job, number, owner, lease_ms)
  local before = status.state
  status.state, status.owner, status.due = 'running', owner, 0
  status.attempts = status.attempts + 1
  leave(id, '', status.lane)
  if status.fetches then redis.call('HSET', 'segue:fetching', id, worker_of(owner)) end
  lend(id, owner, lease_ms)
  save(job, number, status, before)
end

local function fetches_of(worker)
  local count = 0
  for _, one in ipairs(redis.call('HVALS', 'segue:fetching')) do
    if one == worker then count = count + 1 end
  end
  return count
end

-- The item that is due first in the lane that waited longest for its turn.
local function next_due(owner, most_fetches)
  local due = now_ms() + 1
  local may_fetch = fetches_of(worker_of(owner)) < tonumber(most_fetches)
  for _, lane in ipairs(redis.call('ZRANGE', 'segue:turns', 0, -1)) do
    local key = 'segue:waiting:' .. lane
    if may_fetch or not string.match(lane, ' url$') then
      local id = redis.call('ZRANGEBYSCORE', key, '-inf', due, 'LIMIT', 0, 1)[1]
      if id then
        redis.call('ZADD', 'segue:turns', redis.call('INCR', 'segue:turn'), lane)
        return id
      end
    end
    if redis.call('EXISTS', key) == 0 then redis.call('ZREM', 'segue:turns', lane) end
  end
  if redis.call('EXISTS', 'segue:turns') == 1 then return nil end
  -- Accepted by an earlier version, which had one queue for all.
  return redis.call('ZRANGEBYSCORE', 'segue:waiting', '-inf', due, 'LIMIT', 0, 1)[1]
end

-- How many items a worker could take now.
local function count_due(worker, most_fetches)
  local due = now_ms() + 1
  local count, known = 0, false
  for _, lane in ipairs(redis.call('ZRANGE', 'segue:turns', 0, -1)) do
    known = true
    local waiting = redis.call('ZCOUNT', 'segue:waiting:' .. lane, '-inf', due)
    if string.match(lane, ' url$') then
      waiting = math.min(waiting, math.max(0, most_fetches - fetches_of(worker)))
    end
    count = count + waiting
  end
  return known and count or redis.call('ZCOUNT', 'segue:waiting', '-inf', due)
end

local function stopped(job) return redis.call('HEXISTS', job_key(job), 'stopped') == 1 end

local function cancel(id, status, job, number)
  local before = status.state
  leave(id, status.owner, status.lane)
  redis.call('ZREM', 'segue:unfinished', id)
  local uri = spool_uri(redis.call('HGET', job_key(job) .. ':items', number))
  if uri then redis.call('SREM', 'segue:spooled', uri) end
  status.state, status.owner, status.due = 'cancelled', '', 0
  save(job, number, status, before)
end

-- What an owner is to run next, as {item id, item, attempts, failures}, or false.
local function take(owner, lease_ms, most_fetches)
  local id, status, job, number = held(owner)
  if id then
    lend(id, owner, lease_ms)
  else
    local cancelled = 0
    while not status do
      id = next_due(owner, most_fetches)
      -- Much that is left of a cancelled job is passed over in several calls.
      if not id or cancelled == 1000 then return false end
      status, job, number = load(id)
      if not status then
        forget(id)
      elseif stopped(job) then
        cancel(id, status, job, number)
        status, cancelled = nil, cancelled + 1
      end
    end
    claim(id, status, job, number, owner, lease_ms)
  end
  local item = redis.call('HGET', job_key(job) .. ':items', number)
  return {id, item, status.attempts, status.failures}
end

-- What became of the item: retrying, or cancelled when nothing of its job is to run any more.
local function postpone(id, status, job, number, delay_ms)
  if stopped(job) then
    cancel(id, status, job, number)
    return 'cancelled'
  end
  local before = status.state
  leave(id, status.owner, status.lane)
  status.state, status.owner, status.due = 'retrying', '', now_ms() + delay_ms
  if not status.lane then
    status.lane, status.fetches = lane_of(redis.call('HGET', job_key(job) .. ':items', number))
  end
  queue_up(id, status.lane, whole(status.due))
  save(job, number, status, before)
  return 'retrying'
end
