-- What the keys of the catalogue begin with comes as the only key.
local LISTENERS = KEYS[1] .. 'listeners:'
local STREAM = LISTENERS .. 'interactions'
local FORGETTING = LISTENERS .. 'forgetting'
local RECENT = LISTENERS .. 'recent'
local OLD_LOG = LISTENERS .. 'old-log'

local function plays_key(user) return LISTENERS .. 'plays:' .. user end

-- Put a play where it belongs: after what is not later.
local function insert_play(key, kept, play)
  local place = #kept
  while place > 0 and kept[place] > play do place = place - 1 end
  if place == #kept then
    redis.call('RPUSH', key, play)
  else
    -- Of several that are the same, Redis means the first; so is this one, being later than the play.
    redis.call('LINSERT', key, 'BEFORE', kept[place + 1], play)
  end
  table.insert(kept, place + 1, play)
end

-- Keep a listener's newest plays. They begin with their moments, all of one length, so their order is
-- that of texts.
local function keep_plays(user, plays, most, keep_seconds)
  local key = plays_key(user)
  table.sort(plays)
  local last = redis.call('LINDEX', key, -1)
  if not last or last <= plays[1] then
    for _, play in ipairs(plays) do redis.call('RPUSH', key, play) end
  elseif redis.call('LLEN', key) < most or plays[#plays] > redis.call('LINDEX', key, 0) then
    local kept = redis.call('LRANGE', key, 0, -1)
    for _, play in ipairs(plays) do insert_play(key, kept, play) end
  end
  redis.call('LTRIM', key, -most, -1)
  redis.call('EXPIRE', key, keep_seconds)
  redis.call('ZADD', RECENT, whole(now_ms()), user)
end

local function drop_plays(user)
  redis.call('DEL', plays_key(user))
  redis.call('ZREM', RECENT, user)
end

-- Let go of plays of those who were away for long, and of those away longest where they are too many.
local function drop_idle(most_listeners, keep_seconds)
  local idle = redis.call('ZRANGEBYSCORE', RECENT, '-inf', whole(now_ms() - keep_seconds * 1000),
    'LIMIT', 0, 1000)
  for _, user in ipairs(idle) do drop_plays(user) end
  local over = redis.call('ZCARD', RECENT) - most_listeners
  if over > 0 then
    for _, user in ipairs(redis.call('ZRANGE', RECENT, 0, over - 1)) do drop_plays(user) end
  end
end
