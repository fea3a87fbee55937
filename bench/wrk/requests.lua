-- What wrk sends. Arguments: kind (get, patch, create), file of paths, API key, a text that no other run uses.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local lines, prefix, sent, kind = {}, nil, 0, nil

local first = { "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Kenneth", "Dennis", "Margaret" }
local last = { "Obi", "Hopper", "Turing", "Okafor", "Liskov", "Knuth", "Allen", "Eze", "Ritchie", "Hamilton" }

function init(args)
  kind = args[1]
  wrk.headers["Authorization"] = "Bearer " .. args[3]
  wrk.headers["Content-Type"] = "application/json"
  prefix = args[4] .. "-" .. number .. "-"
  math.randomseed(number + 1)
  for path in io.lines(args[2]) do
    lines[#lines + 1] = kind == "get" and wrk.format("GET", path) or path
  end
end

local function any(list)
  return list[math.random(#list)]
end

function request()
  if kind == "get" then return any(lines) end
  sent = sent + 1
  if kind == "patch" then
    return wrk.format("PATCH", any(lines), nil, string.format('{"street":"%d Main St %s"}', sent, prefix))
  end
  local unique = prefix .. sent
  wrk.headers["Idempotency-Key"] = unique
  return wrk.format("POST", lines[1], nil, string.format(
    '{"type":"individual","first_name":"%s","last_name":"%s","dob":"1990-04-12","email":"%s@example.com",' ..
    '"country":"CA","id_type":"passport","id_number":"A12345678","tin":"123456789","zip_code":"K1A 0B1",' ..
    '"phone":"+14165550123","street":"1 Main St","city":"Ottawa","state":"ON",' ..
    '"customer_reference":"user-%s","interac_email":"%s@mail.example"}',
    any(first), any(last), unique, unique, unique))
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"errors":%d,"p50":%.0f,"p99":%.0f,"p999":%.0f}',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
