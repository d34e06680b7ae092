local STREAM = 'segue:listeners:interactions'
local FORGETTING = 'segue:listeners:forgetting'
local RECENT = 'segue:listeners:recent'

local function plays_key(user) return 'segue:listeners:plays:' .. user end

local function moment_of(play) return tonumber(string.match(play, '^%d+')) end

local function earlier(one, other)
  local first, second = moment_of(one), moment_of(other)
  if first ~= second then return first < second end
  return one < other
end

-- Keep a listener's newest plays in the order of their moments.
local function keep_plays(user, plays, most, keep_seconds)
  local key = plays_key(user)
  table.sort(plays, earlier)
  local last = redis.call('LINDEX', key, -1)
  if last and earlier(plays[1], last) then
    for _, play in ipairs(redis.call('LRANGE', key, 0, -1)) do plays[#plays + 1] = play end
    table.sort(plays, earlier)
    redis.call('DEL', key)
  end
  for _, play in ipairs(plays) do redis.call('RPUSH', key, play) end
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
