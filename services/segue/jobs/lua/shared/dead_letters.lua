-- The list of the dead letters of a catalogue, of one reason where one is given.
local function dead_key(catalogue, reason)
  local key = of_catalogue(catalogue, 'dead')
  return (reason or '') == '' and key or key .. ':reason:' .. reason
end

local function dead_track_key(record)
  return of_catalogue(record.catalogue, 'dead:track:') .. record.track_id
end

local function is_dead(catalogue, id)
  return redis.call('ZSCORE', dead_key(catalogue), id) ~= false
end

-- Take a letter away from the dead ones; gives what it says.
local function exhume(id)
  local letter = cjson.decode(redis.call('HGET', 'segue:dead:letters', id))
  local record = cjson.decode(letter.item)
  redis.call('HDEL', 'segue:dead:letters', id)
  redis.call('ZREM', dead_key(record.catalogue), id)
  redis.call('ZREM', dead_key(record.catalogue, letter.reason), id)
  if record.track_id then redis.call('SREM', dead_track_key(record), id) end
  return letter
end

-- Nobody will try it again, so the file of an upload is not needed either.
local function dismiss(id)
  local uri = spool_uri(exhume(id).item)
  if uri then redis.call('SREM', 'segue:spooled', uri) end
end

-- {item id, letter, the letter's item} of each dead letter of the track that an item is of.
local function letters_of(record)
  local letters = {}
  local key = dead_track_key(record)
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
  for _, found in ipairs(letters_of(record)) do
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
  if redis.call('EXISTS', 'segue:dead:letters') == 0 then return end
  local record = cjson.decode(item)
  if not record.track_id then return end
  for _, found in ipairs(letters_of(record)) do
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
  local record = cjson.decode(item)
  if record.track_id then redis.call('SADD', dead_track_key(record), id) end
  local order = redis.call('INCR', 'segue:dead:order')
  redis.call('ZADD', dead_key(record.catalogue), order, id)
  redis.call('ZADD', dead_key(record.catalogue, status.reason), order, id)
  redis.call('HSET', 'segue:dead:letters', id, cjson.encode({
    job_id = job, item = item, reason = status.reason, message = status.message,
    next_step = next_step, attempts = status.attempts, died = whole(now_ms()),
    occurrences = before_this + 1}))
  save(job, number, status, before)
end
