-- What wrk asks: of a hundred requests 79 orders that rest a little away from the middle, 20 that cross
-- and go, and one cancel of all that a user has open. wrk cannot cancel one by one, since it would have to
-- read the answers. Arguments: the path of orders, a file with a token on each line.

local random, tokens, path = nil, {}, ""
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  path = args[1]
  for line in io.lines(args[2]) do
    tokens[#tokens + 1] = "Bearer " .. line
  end
  math.randomseed(number + 1)
  random = math.random
end

function request()
  local headers = {
    ["Authorization"] = tokens[random(#tokens)],
    ["Content-Type"] = "application/json",
  }
  local dice = random(100)
  if dice == 1 then
    return wrk.format("DELETE", path .. args_of_cancel(), headers)
  end
  local buys, crosses = random(2) == 1, dice <= 21
  local away = crosses and -128 or random(2 ^ random(0, 7))
  local price = buys and 60000 - 0.6 * away or 60000 + 0.6 * away
  local body = string.format(
    '{"instrument":"BTC-USD","order_type":"%s","order_subtype":"LIMIT","quantity":"0.%05d","price":"%.2f"%s}',
    buys and "BUY" or "SELL", random(2, crosses and 6 or 18), price,
    crosses and ',"time_in_force":"IOC"' or "")
  return wrk.format("POST", path, headers, body)
end

-- The bare handlers know a single order's path only.
function args_of_cancel()
  return path:find("^/api") and "?instrument=BTC-USD" or "/1"
end

-- One line: requests a second, p50, p99, p99.9 in milliseconds, what was not answered with 2xx.
function done(summary, latency, requests)
  io.write(string.format("figures %.0f %.2f %.2f %.2f %d\n",
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
