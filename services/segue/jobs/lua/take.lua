-- owner, lease (ms), most of guests' URLs that its worker fetches at a time
-- → {item id, item, attempts, failures} or false
return take(ARGV[1], ARGV[2], ARGV[3])
