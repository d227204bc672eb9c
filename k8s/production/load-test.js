// Made from k8s/source/load-test.ts by `npm run build`; edit that, not this.

// k8s/source/load-test.ts
import exec from "k6/execution";

// src/suite/client.ts
import { check, group, sleep } from "k6";
import { Rate } from "k6/metrics";

// src/suite/request.ts
import http from "k6/http";
import secrets from "k6/secrets";
var mostRedirects = 3;
var token = __ENV["GRAVL_API_TOKEN"] ?? "";
var secretName = __ENV["GRAVL_TOKEN_SECRET"] ?? "";
function request({ apiUrl }, input) {
  const { name, method, body, status } = input;
  const origin = originOf(input.url);
  const own = token !== "" && origin === originOf(apiUrl);
  const params = {
    tags: { name },
    responseType: "text",
    redirects: 0,
    headers: { ...own ? { Authorization: `Bearer ${token}` } : {}, ...input.headers }
  };
  let response = http.request(method, input.url, body, params);
  for (let hop = 0; hop < mostRedirects && response.status !== status; hop++) {
    const next = redirection(response, method, origin);
    if (next === void 0) break;
    response = http.request(method, next, null, params);
  }
  return response;
}
function redirection({ status, headers }, method, origin) {
  const location = headers["Location"];
  if (![301, 302, 303, 307, 308].includes(status) || location === void 0) return void 0;
  if (method !== "GET" && method !== "HEAD") return void 0;
  const next = /^\/(?!\/)/.test(location) ? origin + location : location;
  return originOf(next) === origin ? next : void 0;
}
var originOf = (url) => /^https?:\/\/[^/?#\\]*/i.exec(url)?.[0] ?? url;

// thresholds/index.ts
var shared = {
  http_req_duration: ["p(95)<200", "p(99)<500"],
  http_req_failed: ["rate<0.01"],
  errors: ["rate<0.01"],
  checks: ["rate>0.99"]
};
var perEndpoint = {
  http_req_duration: ["p(95)<200", "p(99)<500"],
  http_req_failed: ["rate<0.01"]
};
var environments = {
  local: {},
  staging: {},
  production: {
    // Real users share production: a load test may not cost them one request in a thousand.
    shared: { http_req_failed: ["rate<0.001"] }
  }
};
function thresholdsFor(environment, endpoints2, overrides = {}) {
  const exception = environments[environment] ?? {};
  const set = { ...shared, ...exception.shared };
  for (const [metric, expressions] of Object.entries({ ...perEndpoint, ...exception.perEndpoint })) {
    for (const endpoint of endpoints2) set[`${metric}{name:${endpoint}}`] = expressions;
  }
  return { ...set, ...overrides };
}

// src/suite/endpoints.ts
var endpoints = {
  health: { name: "health", route: "GET /health", scenarios: ["health", "journey"] },
  list: { name: "exercises-list", route: "GET /api/exercises", scenarios: ["exercises", "journey"] },
  filter: { name: "exercises-filter", route: "GET /api/exercises?muscle=", scenarios: ["exercises", "journey"] },
  detail: { name: "exercise-by-id", route: "GET /api/exercises/:id", scenarios: ["exercises", "journey"] },
  metrics: { name: "metrics", route: "GET /metrics", scenarios: ["metrics"] }
};
function endpointsOf(scenarios2) {
  return Object.values(endpoints).filter((endpoint) => endpoint.scenarios.some((scenario) => scenarios2.includes(scenario))).map((endpoint) => endpoint.name);
}

// src/suite/load.ts
var isOpenModel = (load) => load.kind === "rate" || load.kind === "rate-stages";
function toScenario(load) {
  switch (load.kind) {
    case "users":
      return { executor: "constant-vus", vus: load.vus, duration: load.duration };
    case "users-stages":
      return { executor: "ramping-vus", startVUs: 0, stages: [...load.stages] };
    case "iterations":
      return {
        executor: "shared-iterations",
        vus: load.vus,
        iterations: load.iterations,
        maxDuration: load.maxDuration
      };
    case "rate":
      return {
        executor: "constant-arrival-rate",
        ...wholeRate(load.rate),
        duration: load.duration,
        ...arrivalUsers(load.rate, load.maxVUs)
      };
    case "rate-stages":
      return {
        executor: "ramping-arrival-rate",
        startRate: load.startRate,
        timeUnit: "1s",
        stages: load.stages.map(({ duration, target }) => ({ duration, target })),
        ...arrivalUsers(peak(load.stages), load.maxVUs)
      };
  }
}
function wholeRate(rate) {
  for (const seconds of [1, 10, 60]) {
    const whole = rate * seconds;
    if (Math.abs(whole - Math.round(whole)) < 1e-9) return { rate: Math.round(whole), timeUnit: `${seconds}s` };
  }
  return { rate: Math.max(1, Math.round(rate * 3600)), timeUnit: "1h" };
}
var usersFor = (rate) => Math.max(10, Math.ceil(rate * 2));
function arrivalUsers(rate, max) {
  const maxVUs = max ?? usersFor(rate);
  return { preAllocatedVUs: Math.min(maxVUs, Math.max(5, Math.ceil(rate / 2))), maxVUs };
}
function peak(stages) {
  return stages.reduce((highest, stage) => Math.max(highest, stage.target), 0);
}

// src/suite/metadata.ts
var metadataRanges = [
  "169.254.0.0/16",
  "fe80::/10",
  // The same, as networks with IPv6 only write it (NAT64).
  "64:ff9b::a9fe:0/112",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "192.0.0.192/32"
];
var metadataNames = [
  "metadata.google.internal",
  "metadata.goog",
  "instance-data.ec2.internal"
];

// src/suite/profiles.ts
var singleRequests = ["health", "exercises"];
var profiles = {
  smoke: {
    purpose: "does it work at all",
    load: { kind: "users", vus: 1, duration: "10s" },
    // Some eighty requests: four times what its p95 takes, so that a slow target still leaves enough.
    think: 0.1
  },
  baseline: {
    purpose: "the reference every release is compared with: about 20 requests a second",
    load: { kind: "users", vus: 10, duration: "30s" },
    think: 0.5,
    scenarios: ["health", "exercises", "metrics"]
  },
  average: {
    purpose: "a normal day: up, steady, down",
    load: {
      kind: "users-stages",
      stages: [
        { duration: "1m", target: 50 },
        { duration: "5m", target: 50 },
        { duration: "1m", target: 0 }
      ]
    },
    think: 0.5
  },
  stress: {
    purpose: "above a normal day, in steps: does it hold",
    load: {
      kind: "rate-stages",
      startRate: 50,
      stages: [
        { duration: "1m", target: 100 },
        { duration: "3m", target: 200 },
        { duration: "3m", target: 400 },
        { duration: "1m", target: 50 }
      ]
    },
    think: 0,
    scenarios: singleRequests
  },
  spike: {
    purpose: "a sudden crowd: does it survive and recover",
    load: {
      kind: "rate-stages",
      startRate: 20,
      stages: [
        { duration: "30s", target: 20 },
        { duration: "10s", target: 500 },
        { duration: "30s", target: 500 },
        { duration: "10s", target: 20 },
        { duration: "1m", target: 20 }
      ]
    },
    think: 0,
    scenarios: singleRequests
  },
  soak: {
    purpose: "hours of normal load: leaks and drift",
    load: { kind: "users", vus: 30, duration: "2h" },
    think: 0.5
  },
  breakpoint: {
    purpose: "more and more until a threshold breaks",
    load: { kind: "rate-stages", startRate: 10, stages: [{ duration: "10m", target: 2e3 }] },
    think: 0,
    scenarios: singleRequests,
    abortOnFail: true
  }
};

// src/suite/script-plan.ts
var summaryTrendStats = ["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "count"];
var allScenarios = ["health", "exercises", "metrics", "journey"];
function scriptOptions(input) {
  const thresholds = thresholdsFor(input.environment, endpointsOf(input.scenarios), input.thresholds);
  const isAddress = (host) => host.includes(":") || /^[\d.]+$/.test(host);
  const addresses = (input.forbidden ?? []).filter(isAddress);
  const names = (input.forbidden ?? []).filter((host) => !isAddress(host));
  return {
    scenarios: { [input.profile]: toScenario(input.load) },
    thresholds: Object.fromEntries(
      Object.entries(thresholds).map(([metric, expressions]) => [
        metric,
        input.abortOnFail ? expressions.map((threshold) => ({ threshold, abortOnFail: true, delayAbortEval: "10s" })) : [...expressions]
      ])
    ),
    summaryTrendStats,
    tags: { ...input.tags },
    userAgent: "gravl-load",
    setupTimeout: "30s",
    blacklistIPs: [...metadataRanges, ...addresses.map((ip) => `${ip}/${ip.includes(":") ? 128 : 32}`)],
    blockHostnames: [...metadataNames, ...names],
    ...input.maxRps == null ? {} : { rps: input.maxRps }
  };
}
function readScriptPlan(env) {
  const given = env["GRAVL_LOAD_PLAN"];
  if (given !== void 0) return JSON.parse(given);
  const name = env["GRAVL_PROFILE"] ?? "baseline";
  const profile = profiles[name];
  if (profile === void 0) {
    throw new Error(`GRAVL_PROFILE: unknown profile "${name}"; known: ${Object.keys(profiles).join(", ")}`);
  }
  const metricsUrl = env["GRAVL_METRICS_URL"] ?? null;
  const wanted = env["GRAVL_SCENARIOS"]?.split(",") ?? profile.scenarios ?? allScenarios;
  const scenarios2 = wanted.filter((scenario) => scenario !== "metrics" || metricsUrl !== null);
  return {
    apiUrl: env["GRAVL_API_URL"] ?? "http://localhost:3000",
    metricsUrl,
    scenarios: scenarios2,
    thinkSeconds: isOpenModel(profile.load) ? 0 : profile.think,
    options: scriptOptions({
      profile: name,
      load: profile.load,
      abortOnFail: profile.abortOnFail ?? false,
      environment: env["GRAVL_ENV"] ?? "local",
      scenarios: scenarios2
    }),
    allowHostnames: [],
    summaryFile: null
  };
}

// src/suite/client.ts
var errors = new Rate("errors");
var lastRequestAt = 0;
var plan = readScriptPlan(__ENV);
var get = (endpoint, url, contentType, checks) => send(endpoint, url, { contentType, checks });
function send(endpoint, url, options5 = {}) {
  const { method = "GET", body: payload = null, headers = {}, status = 200, contentType, checks = {} } = options5;
  return group(endpoint.name, () => {
    lastRequestAt = Date.now();
    const response = request(plan, { name: endpoint.name, method, url, body: payload, headers, status });
    let body;
    const type = response.headers["Content-Type"] ?? "";
    const wellFormed = check(response, {
      [`status is ${status}`]: () => response.status === status,
      ...contentType === void 0 ? {} : { [`content type is ${contentType}`]: () => type.startsWith(contentType) }
    });
    if (wellFormed) body = contentType === "application/json" ? parse(response.body) : response.body;
    const asserted = check(
      response,
      Object.fromEntries(
        Object.entries(checks).map(([name, holds]) => [name, () => wellFormed && holds(body, response)])
      )
    );
    errors.add(!(wellFormed && asserted));
    return response;
  });
}
function think() {
  const passed = Math.max(0, Date.now() - lastRequestAt) / 1e3;
  const pause = plan.thinkSeconds * (0.8 + 0.4 * Math.random()) - passed;
  if (plan.thinkSeconds > 0 && pause > 0) sleep(pause);
}
function parse(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return void 0;
  }
}

// src/suite/summary/data.ts
function allChecks(group2) {
  return [...group2.checks, ...group2.groups.flatMap(allChecks)];
}

// src/suite/summary/junit.ts
function jUnit(data, options5 = {}) {
  const name = escapeXml(options5.name ?? "k6 thresholds");
  const classname = escapeXml(options5.classname ?? "Unnamed folder");
  const cases = [];
  let failures = 0;
  const add = (title, failure) => {
    const open = `<testcase name="${escapeXml(title)}" classname="${classname}"`;
    if (failure === void 0) {
      cases.push(`${open} />`);
      return;
    }
    failures++;
    cases.push(`${open}><failure message="${escapeXml(failure)}" /></testcase>`);
  };
  for (const [metric, { thresholds }] of Object.entries(data.metrics)) {
    for (const [expression, { ok }] of Object.entries(thresholds ?? {})) {
      add(`${metric} - ${expression}`, ok ? void 0 : `${metric}: ${expression} does not hold`);
    }
  }
  for (const { path, passes, fails } of allChecks(data.root_group)) {
    add(`check${path}`, fails === 0 ? void 0 : `${fails} of ${passes + fails} failed`);
  }
  const counts = `tests="${cases.length}" failures="${failures}"`;
  const suite = `<testsuite name="${name}" ${counts}>
    ${cases.join("\n    ")}
  </testsuite>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites ${counts}>
  ${suite}
</testsuites>
`;
}
function escapeXml(text) {
  return text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD").replace(/[&<>"'\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}

// src/suite/summary/text.ts
var codes = { red: 31, green: 32, cyan: 36, dim: 2 };
function textSummary(data, options5 = {}) {
  const paint = options5.enableColors === true && data.options.noColor !== true ? (color, text) => `\x1B[${codes[color]}m${text}\x1B[0m` : (_, text) => text;
  const lines = [...checkLines(data.root_group, paint, ""), "", ...metricLines(data, paint)];
  return lines.map((line) => `${options5.indent ?? ""}${line}`.trimEnd()).join("\n") + "\n";
}
function checkLines(group2, paint, indent) {
  const lines = group2.checks.flatMap(({ name, passes, fails }) => {
    if (fails === 0) return [`${indent}${paint("green", "\u2713")} ${name}`];
    const share = Math.floor(100 * passes / (passes + fails));
    return [
      `${indent}${paint("red", `\u2717 ${name}`)}`,
      `${indent} ${paint("red", `\u21B3  ${share}% \u2014 \u2713 ${passes} / \u2717 ${fails}`)}`
    ];
  });
  for (const child of group2.groups) {
    lines.push("", `${indent}\u2588 ${child.name}`, ...checkLines(child, paint, `${indent}  `));
  }
  return lines;
}
function metricLines(data, paint) {
  const names = Object.keys(data.metrics).sort((a, b) => a.localeCompare(b));
  const label = (name) => name.includes("{") ? `  ${name.slice(name.indexOf("{"))}` : name;
  const width = names.reduce((widest, name) => Math.max(widest, label(name).length), 0) + 3;
  const stats = data.options.summaryTrendStats ?? ["avg", "min", "med", "max", "p(90)", "p(95)"];
  return names.flatMap((name) => {
    const metric = data.metrics[name];
    if (metric === void 0) return [];
    const thresholds = Object.values(metric.thresholds ?? {});
    const mark = thresholds.length === 0 ? " " : thresholds.every(({ ok }) => ok) ? paint("green", "\u2713") : paint("red", "\u2717");
    const dots = paint("dim", ".".repeat(width - label(name).length) + ":");
    return [`${mark} ${label(name)}${dots} ${paint("cyan", describe(metric, stats, data))}`];
  });
}
function describe(metric, stats, data) {
  const { values } = metric;
  const show = (value) => humanize(value ?? 0, metric.contains, data.options.summaryTimeUnit);
  switch (metric.type) {
    case "counter":
      return `${show(values["count"])} ${show(values["rate"])}/s`;
    case "gauge":
      return `${show(values["value"])} min=${show(values["min"])} max=${show(values["max"])}`;
    case "rate":
      return `${((values["rate"] ?? 0) * 100).toFixed(2)}% \u2014 \u2713 ${values["passes"] ?? 0} / \u2717 ${values["fails"] ?? 0}`;
    case "trend":
      return stats.map((stat) => `${stat}=${stat === "count" ? values[stat] ?? 0 : show(values[stat])}`).join(" ");
  }
}
function humanize(value, contains, unit) {
  if (contains === "data") return bytes(value);
  if (contains === "default") return String(Number(value.toFixed(6)));
  if (unit === "s") return `${(value / 1e3).toFixed(2)}s`;
  if (unit === "us") return `${(value * 1e3).toFixed(2)}\xB5s`;
  if (unit === "ms" || value >= 1 && value < 1e3) return `${Number(value.toFixed(2))}ms`;
  if (value === 0) return "0s";
  if (value < 1) return `${Number((value * 1e3).toFixed(2))}\xB5s`;
  if (value < 6e4) return `${Number((value / 1e3).toFixed(2))}s`;
  return `${Math.floor(value / 6e4)}m${Math.round(value % 6e4 / 1e3)}s`;
}
function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1e3 && unit < units.length - 1) {
    scaled /= 1e3;
    unit++;
  }
  return `${unit === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit] ?? ""}`;
}

// src/suite/summary/index.ts
function runSummary(data) {
  return JSON.stringify(data);
}

// src/suite/script.ts
function optionsOf(...scenarios2) {
  if (__ENV["GRAVL_LOAD_PLAN"] !== void 0 || scenarios2.length === 0) return plan.options;
  return readScriptPlan({ ...__ENV, GRAVL_SCENARIOS: scenarios2.join(",") }).options;
}
function handleSummary(data) {
  if (plan.summaryFile === "stderr") return { stderr: `
${runSummary(data)}
` };
  if (plan.summaryFile !== null) return { [plan.summaryFile]: runSummary(data) };
  const junitFile = __ENV["GRAVL_JUNIT"];
  return {
    stdout: textSummary(data, { indent: " ", enableColors: data.state.isStdOutTTY }),
    ...junitFile === void 0 ? {} : { [junitFile]: jUnit(data) }
  };
}

// src/suite/shapes.ts
var isRecord = (value) => typeof value === "object" && value !== null;
var isExercise = (value) => isRecord(value) && (typeof value["id"] === "string" || typeof value["id"] === "number") && typeof value["name"] === "string" && typeof value["muscle"] === "string" && typeof value["equipment"] === "string";
function exercisesOf(body) {
  const items = isRecord(body) && !Array.isArray(body) ? body["items"] : body;
  return Array.isArray(items) && items.every(isExercise) ? items : void 0;
}
var isHealthy = (body) => isRecord(body) && body["status"] === "ok" && typeof body["uptime"] === "number" && typeof body["version"] === "string";
function isPrometheusText(text) {
  if (typeof text !== "string" || text === "") return false;
  const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (nan|[+-]?(inf|\d[\d.e+-]*))( -?\d+)?$/i;
  return text.split("\n").every((line) => line === "" || line.startsWith("#") || sample.test(line));
}

// scenarios/exercises.ts
var options = optionsOf("exercises");
var muscles = ["chest", "back", "legs", "shoulders", "arms", "core"];
var turn = 0;
var knownIds = [];
function listExercises() {
  get(endpoints.list, `${plan.apiUrl}/api/exercises?limit=50`, "application/json", {
    "has exercises": (body) => {
      knownIds = exercisesOf(body)?.map((exercise) => exercise.id) ?? [];
      return knownIds.length > 0;
    }
  });
}
function filterExercises() {
  const muscle = pick(muscles);
  get(endpoints.filter, `${plan.apiUrl}/api/exercises?muscle=${muscle}&limit=20`, "application/json", {
    "all match the filter": (body) => exercisesOf(body)?.every((exercise) => exercise.muscle === muscle) ?? false
  });
}
function oneExercise() {
  const id = pick(knownIds);
  if (id === void 0) {
    listExercises();
    return;
  }
  get(endpoints.detail, `${plan.apiUrl}/api/exercises/${id}`, "application/json", {
    "is the exercise asked for": (body) => isExercise(body) && body.id === id
  });
}
var turns = [listExercises, filterExercises, oneExercise];
function exercises() {
  turns[turn++ % turns.length]?.();
  think();
}
function pick(from) {
  return from[Math.floor(Math.random() * from.length)];
}

// scenarios/health.ts
var options2 = optionsOf("health");
function health() {
  get(endpoints.health, `${plan.apiUrl}/health`, "application/json", { "is healthy": isHealthy });
  think();
}

// scenarios/metrics.ts
var options3 = optionsOf("metrics");
function metrics() {
  get(endpoints.metrics, `${plan.metricsUrl ?? "http://localhost:3001"}/metrics`, "text/plain", {
    "is Prometheus text": isPrometheusText,
    "has request counters": (text) => typeof text === "string" && /^http_requests_total(\{| )/m.test(text)
  });
  think();
}

// k8s/source/load-test.ts
var scenarios = { health, exercises, metrics };
var chosen = Object.keys(scenarios).filter((name) => name !== "metrics" || plan.metricsUrl !== null);
var options4 = scriptOptions({
  profile: "load_test",
  load: { kind: "users", vus: 10, duration: "5m" },
  abortOnFail: false,
  environment: __ENV["GRAVL_ENV"] ?? "local",
  scenarios: chosen
});
var turns2 = Object.entries(scenarios).filter(([name]) => chosen.includes(name)).map(([, scenario]) => scenario);
function loadTest() {
  turns2[exec.scenario.iterationInTest % turns2.length]?.();
}
export {
  loadTest as default,
  handleSummary,
  options4 as options
};
