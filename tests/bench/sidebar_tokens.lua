-- wrk script: opens the sidebar with a token of TOKENS (a file with one a line), each request with another at random.
-- The line RESULT is that of the peers' emails.lua.
local number = 0
function setup(thread)
  number = number + 1
  thread:set("seed", number)
end

function init(args)
  math.randomseed(seed or 1)
  requests = {}
  for token in io.lines(os.getenv("TOKENS")) do
    requests[#requests + 1] = wrk.format("POST", "/v1/panel/identities/sidebar",
      {["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json"}, "{}")
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency, requests)
  io.write(string.format("RESULT rps=%.0f p50=%.3fms p90=%.3fms p99=%.3fms max=%.2fms err=%d non2xx=%d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(90) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000,
    summary.errors.connect + summary.errors.read + summary.errors.timeout, summary.errors.status))
end
