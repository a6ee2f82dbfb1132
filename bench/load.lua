-- One request after another, each by the next of the callers in BENCH_CALLERS: a line has token, project, photo, and
-- the photo's ETag where it is asked for.
local callers = {}
for line in io.lines(os.getenv("BENCH_CALLERS")) do
  local token, project, photo, etag = line:match("(%S+) (%S+) (%S+) ?(%S*)")
  callers[#callers + 1] = { token = token, project = project, photo = photo, etag = etag }
end

local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "0")
local kind = os.getenv("BENCH_CALL")
local number = 0

local item = '{"project_id": "%s", "file_name": "north-roof.jpg", "file_size": 3482113, "mime_type": "image/jpeg"}'

local function batch(project)
  local items = {}
  for i = 1, 100 do items[i] = item:format(project) end
  return '{"items": [' .. table.concat(items, ",") .. ']}'
end

function delay()
  -- Between none and twice the pause, so that the connections do not march in step.
  return math.random(0, 2 * pause)
end

function request()
  number = number % #callers + 1
  local caller = callers[number]
  local headers = { Authorization = "Bearer " .. caller.token, ["Content-Type"] = "application/json" }
  if kind == "one" then
    return wrk.format("POST", "/api/v1/photos/upload-url", headers, item:format(caller.project))
  elseif kind == "hundred" then
    return wrk.format("POST", "/api/v1/photos/upload-urls", headers, batch(caller.project))
  elseif kind == "get" then
    return wrk.format("GET", "/api/v1/photos/" .. caller.photo, headers)
  elseif kind == "unchanged" then
    headers["If-None-Match"] = caller.etag
    return wrk.format("GET", "/api/v1/photos/" .. caller.photo, headers)
  end
end

if pause == 0 then delay = nil end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d, "bytes": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.bytes))
end
