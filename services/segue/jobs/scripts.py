"""Every change of an item's state, as Lua that Redis runs atomically.

Keys (all start with ``segue:``)

    job:<job>            hash    created, finished, stopped, total, version, and a count per state
    job:<job>:items      hash    number → the item as it was submitted (JSON)
    job:<job>:states     hash    number → where the item stands (JSON)
    job:<job>:changed    zset    number → the job's version at the item's last change; no two items
                                 have the same, so a reader can go on after any of them
    jobs                 zset    job → its place in the order of the jobs' beginnings
    jobs:ending          zset    finished job → when it is forgotten (ms)
    waiting              zset    item id → when it may run (ms); every QUEUED and RETRYING item
    waiting:<lane>       zset    the same, of one lane: who asked, and for a guest from where, and
                                 whether a URL has to be fetched
    turns                zset    lane → when it had its last turn, as counted by ``turn``
    fetching             hash    RUNNING item whose URL a guest named → the worker that fetches it
    leases               zset    item id → when its lease ends (ms); every RUNNING item
    holders              hash    owner → the RUNNING item that it took last
    unfinished           zset    item id → when it was accepted (ms)
    spooled              set     spool:// URIs of uploads that are not in the index yet
    dead                 zset    item id → its place in the order of deaths
    dead:reason:<why>    zset    the same, of one reason
    dead:track:<track>   set     the item ids, of one track
    dead:letters         hash    item id → the dead letter (JSON)
    request:<id>         string  the job of an accepted request, for an hour
    dismissed:<id>       string  how many letters a request dismissed, for an hour
    workers              zset    worker → when it last said that it lives (ms)
    workers:about        hash    worker → what it says of itself (JSON)

An item id is ``<job>/<number>``. An item stands in exactly one of ``waiting``, ``leases`` and (in a
final state) neither. Times are Redis's own, so clocks of several hosts need not agree. Scripts name
keys that they compute, which a Redis Cluster refuses; Celery's broker needs a single Redis anyway.
"""

from __future__ import annotations

BESIDE_JOBS = (":items", ":states", ":changed")
"""Ends of the keys that a job has besides its own, so no job's id may end like this."""

_CORE = """
local KEEP_SECONDS = 7 * 86400

local function whole(number) return string.format('%.0f', number) end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function job_key(job) return 'segue:job:' .. job end

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
    redis.call('ZADD', 'segue:jobs:ending', whole(now + KEEP_SECONDS * 1000), job)
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
  redis.call('ZREM', 'segue:jobs:ending', job)
end

local function open_job(job)
  local now = whole(now_ms())
  if redis.call('HSETNX', job_key(job), 'created', now) == 0 then return end
  redis.call('ZADD', 'segue:jobs', redis.call('INCR', 'segue:jobs:order'), job)
  -- More than one for each new one, so the list does not outgrow what is kept.
  local ended = redis.call('ZRANGEBYSCORE', 'segue:jobs:ending', '-inf', now, 'LIMIT', 0, 10)
  for _, gone in ipairs(ended) do
    redis.call('ZREM', 'segue:jobs', gone)
    redis.call('ZREM', 'segue:jobs:ending', gone)
  end
end

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

-- Take a letter away from the dead ones; gives what it says.
local function exhume(id)
  local letter = cjson.decode(redis.call('HGET', 'segue:dead:letters', id))
  redis.call('HDEL', 'segue:dead:letters', id)
  redis.call('ZREM', 'segue:dead', id)
  redis.call('ZREM', 'segue:dead:reason:' .. letter.reason, id)
  local track = cjson.decode(letter.item).track_id
  if track then redis.call('SREM', 'segue:dead:track:' .. track, id) end
  return letter
end

-- Nobody will try it again, so the file of an upload is not needed either.
local function dismiss(id)
  local uri = spool_uri(exhume(id).item)
  if uri then redis.call('SREM', 'segue:spooled', uri) end
end

-- {item id, letter, the letter's item} of each dead letter of a track.
local function letters_of(track)
  local letters = {}
  local key = 'segue:dead:track:' .. track
  for _, id in ipairs(redis.call('SMEMBERS', key)) do
    local text = redis.call('HGET', 'segue:dead:letters', id)
    if text then
      local letter = cjson.decode(text)
      letters[#letters + 1] = {id, letter, cjson.decode(letter.item)}
    else
      redis.call('SREM', key, id) -- replayed by an earlier version, which does not keep this set
    end
  end
  return letters
end

-- The same failure of the same track is one letter, the last; gives how often it was there before.
local function supersede(item, reason)
  local record, before = cjson.decode(item), 0
  if not record.track_id then return 0 end
  for _, found in ipairs(letters_of(record.track_id)) do
    local id, letter, other = unpack(found)
    local same_caller = other.caller == record.caller and other.asker == record.asker
    if letter.reason == reason and same_caller then
      before = before + (letter.occurrences or 1)
      dismiss(id)
    end
  end
  return before
end

-- A track that stands in the index has not failed. What a guest put there settles guests' letters.
local function absolve(item)
  if redis.call('EXISTS', 'segue:dead') == 0 then return end
  local record = cjson.decode(item)
  if not record.track_id then return end
  for _, found in ipairs(letters_of(record.track_id)) do
    if record.caller ~= 'guest' or found[3].caller == 'guest' then dismiss(found[1]) end
  end
end

local function bury(id, status, job, number, next_step)
  local before = status.state
  leave(id, status.owner, status.lane)
  redis.call('ZREM', 'segue:unfinished', id)
  status.state, status.owner = 'dead', ''
  local item = redis.call('HGET', job_key(job) .. ':items', number)
  local before_this = supersede(item, status.reason)
  local track = cjson.decode(item).track_id
  if track then redis.call('SADD', 'segue:dead:track:' .. track, id) end
  local order = redis.call('INCR', 'segue:dead:order')
  redis.call('ZADD', 'segue:dead', order, id)
  redis.call('ZADD', 'segue:dead:reason:' .. status.reason, order, id)
  redis.call('HSET', 'segue:dead:letters', id, cjson.encode({
    job_id = job, item = item, reason = status.reason, message = status.message,
    next_step = next_step, attempts = status.attempts, died = whole(now_ms()),
    occurrences = before_this + 1}))
  save(job, number, status, before)
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

-- A request that was accepted already: the job that it went to.
local function accepted(request) return redis.call('GET', 'segue:request:' .. request) end

local function remember(request, job)
  redis.call('SET', 'segue:request:' .. request, job, 'EX', 3600)
end
"""

_ALWAYS = "#!lua flags=allow-oom\n" + _CORE
"""For what is done with accepted tracks: that goes on when the queue's memory is full."""

_WHILE_ROOM = (
    _CORE
    + """
-- What is left over is for what becomes of accepted tracks, and for tasks of producers, which
-- nobody asks before.
local FULL_SHARE = 0.8

local function full()
  local memory = redis.pcall('INFO', 'memory')
  if type(memory) ~= 'string' then return false end
  local most = tonumber(string.match(memory, 'maxmemory:(%d+)'))
  return most > 0 and tonumber(string.match(memory, 'used_memory:(%d+)')) > FULL_SHARE * most
end
"""
)

SUBMIT = (
    _WHILE_ROOM
    + """
-- job, mode (new, add), request, item...
-- → {job, 1}: accepted; {job, 0, whether the first item's upload is still needed}: accepted before;
--   false: no such job; 'stopped': the job was cancelled; 'full': no room
local job, mode, request = ARGV[1], ARGV[2], ARGV[3]
local before = accepted(request)
if before then
  local uri = spool_uri(ARGV[4])
  return {before, 0, uri and redis.call('SISMEMBER', 'segue:spooled', uri) or 0}
end
if full() then return 'full' end
if mode == 'add' and redis.call('EXISTS', job_key(job)) == 0 then return false end
if mode == 'add' and stopped(job) then return 'stopped' end
open_job(job)
remember(request, job)
local items = {}
for place = 4, #ARGV do items[#items + 1] = ARGV[place] end
accept(job, items)
return {job, 1}
"""
)
"""A repeated call with the same request changes nothing: a client may try again safely."""

RECORD = (
    _ALWAYS
    + """
-- job, item: accepted unless the job is known
if redis.call('EXISTS', job_key(ARGV[1])) == 1 then return end
open_job(ARGV[1])
accept(ARGV[1], {ARGV[2]})
"""
)

CLAIM = (
    _ALWAYS
    + """
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
"""
)

TAKE = (
    _ALWAYS
    + """
-- owner, lease (ms), most of guests' URLs that its worker fetches at a time
-- → {item id, item, attempts, failures} or false
return take(ARGV[1], ARGV[2], ARGV[3])
"""
)
"""Of what is due, the item that waited longest in the lane whose turn it is. An owner that runs one
already gets it again."""

SETTLE = (
    _ALWAYS
    + """
-- item id, owner, indexed or skipped, reason, message, lease (ms) of the item to take next or '',
-- most URLs of guests, as for TAKE
-- → {whether the owner still held the item, what TAKE gives}
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
  status.state, status.owner, status.reason, status.message = ARGV[3], '', ARGV[4], ARGV[5]
  save(job, number, status, before)
end
return {held_it and 1 or 0, ARGV[6] ~= '' and take(owner, ARGV[6], ARGV[7])}
"""
)

FAIL = (
    _ALWAYS
    + """
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
"""
)

DISPATCH = (
    _ALWAYS
    + """
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
"""
)

EXTEND = (
    _ALWAYS
    + """
-- lease (ms), then the owners whose items run on
local deadline = whole(now_ms() + ARGV[1])
for place = 2, #ARGV do
  local id = held(ARGV[place])
  if id then redis.call('ZADD', 'segue:leases', 'XX', deadline, id) end
end
"""
)

_TOLD = (
    _ALWAYS
    + """
-- JSON texts of [[item, state], ...] with `together` items each, and how many items they
-- hold: no more than fit in so many bytes, but one in any case.
local function pieces(key, numbers, together, most_bytes)
  local texts, rows, told, bytes = {}, {}, 0, 0
  for _, number in ipairs(numbers) do
    local item = redis.call('HGET', key .. ':items', number)
    local state = redis.call('HGET', key .. ':states', number)
    local row = '[' .. item .. ',' .. state .. ']'
    bytes = bytes + #row
    if told > 0 and bytes > most_bytes then break end
    rows[#rows + 1], told = row, told + 1
    if #rows == together then
      texts[#texts + 1] = '[' .. table.concat(rows, ',') .. ']'
      rows = {}
    end
  end
  if #rows > 0 then texts[#texts + 1] = '[' .. table.concat(rows, ',') .. ']' end
  return texts, told
end
"""
)
"""Few long texts instead of many short ones: a reader takes them in faster."""

ITEMS = (
    _TOLD
    + """
-- job, number of the first item, most items, items in one piece, most bytes
-- → {job hash, piece, ...} or false
local key = job_key(ARGV[1])
local job = redis.call('HGETALL', key)
if #job == 0 then return false end
local first, total = tonumber(ARGV[2]), tonumber(redis.call('HGET', key, 'total') or 0)
local numbers = {}
local last = math.min(first + ARGV[3], total) - 1
for number = first, last do numbers[#numbers + 1] = whole(number) end
return {job, unpack((pieces(key, numbers, tonumber(ARGV[4]), tonumber(ARGV[5]))))}
"""
)

CHANGES = (
    _TOLD
    + """
-- job, version seen, most items, items in one piece, most bytes
-- → {job hash, version up to which this tells all, piece, ...} or false
local key = job_key(ARGV[1])
local job = redis.call('HGETALL', key)
if #job == 0 then return false end
local changed = redis.call(
  'ZRANGEBYSCORE', key .. ':changed', '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local numbers = {}
for place = 1, #changed, 2 do numbers[#numbers + 1] = changed[place] end
local texts, told = pieces(key, numbers, tonumber(ARGV[4]), tonumber(ARGV[5]))
return {job, whole(told > 0 and changed[2 * told] or ARGV[2]), unpack(texts)}
"""
)

CANCEL = (
    _ALWAYS
    + """
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
"""
)
"""Called until it has passed all. Where that is broken off, what is left is cancelled when it would
run, and so is what runs and would run again."""

JOBS = (
    _ALWAYS
    + """
-- cursor or '', limit → {job, its place, job hash (empty when it is forgotten), ...}
local top = '+inf'
if ARGV[1] ~= '' then top = '(' .. ARGV[1] end
local found = redis.call(
  'ZREVRANGEBYSCORE', 'segue:jobs', top, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local answer = {}
for place = 1, #found, 2 do
  answer[#answer + 1] = found[place]
  answer[#answer + 1] = found[place + 1]
  answer[#answer + 1] = redis.call('HGETALL', job_key(found[place]))
end
return answer
"""
)

DEAD_LETTERS = (
    _ALWAYS
    + """
-- reason or '', cursor or '', limit → {total, id, order, letter, ...}
local key = 'segue:dead'
if ARGV[1] ~= '' then key = key .. ':reason:' .. ARGV[1] end
local top = '+inf'
if ARGV[2] ~= '' then top = '(' .. ARGV[2] end
local found = redis.call('ZREVRANGEBYSCORE', key, top, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = {redis.call('ZCARD', key)}
for place = 1, #found, 2 do
  answer[#answer + 1] = found[place]
  answer[#answer + 1] = found[place + 1]
  answer[#answer + 1] = redis.call('HGET', 'segue:dead:letters', found[place])
end
return answer
"""
)

REPLAY = (
    _WHILE_ROOM
    + """
-- job, request, item ids → {job, number replayed}, the first id that is no dead letter, or false:
-- no room
local job, request = ARGV[1], ARGV[2]
local before = accepted(request)
if before then return {before, #ARGV - 2} end
if full() then return false end
for place = 3, #ARGV do
  if redis.call('HEXISTS', 'segue:dead:letters', ARGV[place]) == 0 then return ARGV[place] end
end
local items = {}
for place = 3, #ARGV do items[#items + 1] = exhume(ARGV[place]).item end
open_job(job)
remember(request, job)
accept(job, items)
return {job, #items}
"""
)

REPLAY_ALL = (
    _WHILE_ROOM
    + """
-- job, request, reason or '', most at once → {number found now, job, number in the job}, or false:
-- no room
local job, request = ARGV[1], ARGV[2]
job = accepted(request) or job
-- What is left stays a dead letter when its replay is cancelled half-way.
if stopped(job) then return {0, job, tonumber(redis.call('HGET', job_key(job), 'total'))} end
if full() then return false end
local source = 'segue:dead'
if ARGV[3] ~= '' then source = source .. ':reason:' .. ARGV[3] end
local ids = redis.call('ZRANGE', source, 0, ARGV[4] - 1)
if #ids > 0 then
  local items = {}
  for _, id in ipairs(ids) do items[#items + 1] = exhume(id).item end
  open_job(job)
  remember(request, job)
  accept(job, items)
end
return {#ids, job, tonumber(redis.call('HGET', job_key(job), 'total') or 0)}
"""
)
"""Called until it finds none: what dies meanwhile is replayed too, but nothing twice."""

DISMISS = (
    _ALWAYS
    + """
-- request, item ids → number dismissed, or the first id that is no dead letter
local key = 'segue:dismissed:' .. ARGV[1]
local before = redis.call('GET', key)
if before then return tonumber(before) end
for place = 2, #ARGV do
  if redis.call('HEXISTS', 'segue:dead:letters', ARGV[place]) == 0 then return ARGV[place] end
end
for place = 2, #ARGV do dismiss(ARGV[place]) end
redis.call('SET', key, #ARGV - 1, 'EX', 3600)
return #ARGV - 1
"""
)

DISMISS_ALL = (
    _ALWAYS
    + """
-- request, reason or '', most at once → {number found now, number dismissed under the request}
local key = 'segue:dismissed:' .. ARGV[1]
local source = 'segue:dead'
if ARGV[2] ~= '' then source = source .. ':reason:' .. ARGV[2] end
local ids = redis.call('ZRANGE', source, 0, ARGV[3] - 1)
for _, id in ipairs(ids) do dismiss(id) end
local dismissed = redis.call('INCRBY', key, #ids)
redis.call('EXPIRE', key, 3600)
return {#ids, dismissed}
"""
)
"""Called until it finds none, as REPLAY_ALL."""

BEAT = (
    _ALWAYS
    + """
-- worker, what it says of itself, how long those that are gone are remembered (ms)
local now = now_ms()
redis.call('ZADD', 'segue:workers', whole(now), ARGV[1])
redis.call('HSET', 'segue:workers:about', ARGV[1], ARGV[2])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', 'segue:workers', '-inf', whole(now - ARGV[3]))) do
  redis.call('ZREM', 'segue:workers', gone)
  redis.call('HDEL', 'segue:workers:about', gone)
end
"""
)

WORKERS = (
    _ALWAYS
    + """
-- how long those that are gone are remembered (ms) → {silence (ms), what it says of itself, ...}
local now = now_ms()
local answer = {}
local oldest = whole(now - ARGV[1])
for _, worker in ipairs(redis.call('ZREVRANGEBYSCORE', 'segue:workers', '+inf', oldest)) do
  local about = redis.call('HGET', 'segue:workers:about', worker)
  if about then
    answer[#answer + 1] = whole(now - redis.call('ZSCORE', 'segue:workers', worker))
    answer[#answer + 1] = about
  end
end
return answer
"""
)
