local KEEP_SECONDS = 7 * 86400

local function whole(number) return string.format('%.0f', number) end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What is kept of a catalogue; of the default one where no other versions look for it.
local function of_catalogue(catalogue, name)
  if not catalogue or catalogue == '' then return 'segue:' .. name end
  return 'segue:catalogue:' .. catalogue .. ':' .. name
end

local function job_key(job) return 'segue:job:' .. job end

-- The list of the jobs of its catalogue.
local function jobs_key(job)
  return of_catalogue(redis.call('HGET', job_key(job), 'catalogue'), 'jobs')
end

local function each_key(job, command, ...)
  for _, suffix in ipairs({'', ':items', ':states', ':changed'}) do
    redis.call(command, job_key(job) .. suffix, ...)
  end
end

local function load(id)
  local job, number = string.match(id, '^(.*)/(%d+)$')
  if not job then return nil end
  local text = redis.call('HGET', job_key(job) .. ':states', number)
  if not text then return nil end
  return cjson.decode(text), job, number
end

local function finish_if_done(job)
  local key = job_key(job)
  local counts = redis.call('HMGET', key, 'total', 'indexed', 'skipped', 'dead', 'cancelled')
  local final = (counts[2] or 0) + (counts[3] or 0) + (counts[4] or 0) + (counts[5] or 0)
  if final == tonumber(counts[1]) then
    local now = now_ms()
    redis.call('HSET', key, 'finished', whole(now))
    each_key(job, 'EXPIRE', KEEP_SECONDS)
    redis.call('ZADD', jobs_key(job) .. ':ending', whole(now + KEEP_SECONDS * 1000), job)
    redis.call('PUBLISH', 'segue:changes:' .. job, 'finished')
  end
end

local function save(job, number, status, before)
  local key = job_key(job)
  redis.call('HSET', key .. ':states', number, cjson.encode(status))
  if before ~= status.state then
    redis.call('HINCRBY', key, before, -1)
    redis.call('HINCRBY', key, status.state, 1)
  end
  redis.call('ZADD', key .. ':changed', redis.call('HINCRBY', key, 'version', 1), number)
  finish_if_done(job)
end

local function spool_uri(item) return string.match(item, '"uri":"(spool://[^"]*)"') end

-- Each lane has its turn: who sends much does not keep others waiting. A guest's URLs are a lane of
-- their own, since nobody knows how long they take.
local function lane_of(item)
  local record = cjson.decode(item)
  local caller = record.caller or 'owner'
  local uri = string.lower(record.uri or '')
  local remote = string.match(uri, '^https?:') or string.match(uri, '^s3:')
  local fetches = caller == 'guest' and remote ~= nil
  return caller .. ' ' .. (record.asker or '') .. (fetches and ' url' or ''), fetches
end

local function queue_up(id, lane, due)
  redis.call('ZADD', 'segue:waiting', due, id)
  redis.call('ZADD', 'segue:waiting:' .. lane, due, id)
  redis.call('ZADD', 'segue:turns', 'NX', redis.call('GET', 'segue:turn') or 0, lane)
end

local function accept(job, items)
  local key = job_key(job)
  local now = now_ms()
  local total = tonumber(redis.call('HINCRBY', key, 'total', #items)) - #items
  local version = tonumber(redis.call('HINCRBY', key, 'version', #items)) - #items
  redis.call('HINCRBY', key, 'queued', #items)
  for place, item in ipairs(items) do
    local number = whole(total + place - 1)
    local id = job .. '/' .. number
    redis.call('HSET', key .. ':items', number, item)
    local lane, fetches = lane_of(item)
    redis.call('HSET', key .. ':states', number, cjson.encode({
      state = 'queued', reason = '', message = '', attempts = 0, failures = 0, owner = '', due = 0,
      outage = 0, lane = lane, fetches = fetches}))
    redis.call('ZADD', key .. ':changed', whole(version + place), number)
    -- A thousandth of a millisecond apart: a job's items run in the order of submission.
    queue_up(id, lane, string.format('%.3f', now + place / 1000))
    redis.call('ZADD', 'segue:unfinished', whole(now), id)
    local uri = spool_uri(item)
    if uri then redis.call('SADD', 'segue:spooled', uri) end
  end
  redis.call('HDEL', key, 'finished')
  each_key(job, 'PERSIST')
  redis.call('ZREM', jobs_key(job) .. ':ending', job)
end

-- Where it is new, of the catalogue that its first item is for.
local function open_job(job, item)
  local now = whole(now_ms())
  if redis.call('HSETNX', job_key(job), 'created', now) == 0 then return end
  local catalogue = cjson.decode(item).catalogue
  if catalogue then redis.call('HSET', job_key(job), 'catalogue', catalogue) end
  local jobs = jobs_key(job)
  redis.call('ZADD', jobs, redis.call('INCR', jobs .. ':order'), job)
  -- More than one for each new one, so the list does not outgrow what is kept.
  local ended = redis.call('ZRANGEBYSCORE', jobs .. ':ending', '-inf', now, 'LIMIT', 0, 10)
  for _, gone in ipairs(ended) do
    redis.call('ZREM', jobs, gone)
    redis.call('ZREM', jobs .. ':ending', gone)
  end
end
