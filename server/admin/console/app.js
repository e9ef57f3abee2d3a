// The console of the admin listener. No framework and no build step: what the browser loads is this file.
//
// What requests and credentials hold comes from strangers. It is set as text only, never as markup.

const $ = (id) => document.getElementById(id);

/** Makes an element: attributes, listeners (`onclick`), then children, which are elements or text. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Sets a text if it is another one, so that nobody is told twice. */
function say(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

/** Fills a container anew if what it shows has changed. The focus stays at its place within. */
function redraw(container, signature, make) {
  if (container.drawn === signature) return;
  container.drawn = signature;
  const controls = () => [...container.querySelectorAll("a, button, input, select, [tabindex]")];
  const place = controls().indexOf(document.activeElement);
  container.replaceChildren(...make());
  if (place >= 0) (controls()[place] ?? controls().at(-1))?.focus();
}

/** Does the work a little later, once for all who ask meanwhile. Whoever asks on and on does not put it off. */
const later = (wait, work) => {
  let timer;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      work();
    }, wait);
  };
};

// ---------------------------------------------------------------------------------------------------------- the server

let token = sessionStorage.getItem("token") ?? "";

class Refused extends Error {}

async function call(method, path, body) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const sent = typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : sent, cache: "no-store" });
  if (answer.ok) return answer;
  if (answer.status === 401) askForToken();
  const told = await answer.json().catch(() => ({}));
  throw new Refused(told.error ?? `${method} ${path} was answered ${answer.status}`);
}

const get = (path) => call("GET", path).then((answer) => answer.json());

function askForToken() {
  const dialog = $("dialog-token");
  if (dialog.open) return;
  $("token-why").textContent = token
    ? "This is not the token that the server was started with."
    : "This server asks for the token that it was started with.";
  dialog.showModal();
}

/** Does something and says what came of it. */
async function act(work, done) {
  try {
    const result = await work();
    if (done) toast(typeof done === "function" ? done(result) : done);
    return result;
  } catch (error) {
    toast(error instanceof Refused ? error.message : "The server cannot be reached.", "bad");
    return undefined;
  }
}

function toast(text, kind = "") {
  const shown = el("p", { class: `toast ${kind}` }, text);
  $("toasts").append(shown);
  setTimeout(() => shown.remove(), kind ? 9000 : 4000);
}

function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---------------------------------------------------------------------------------------------------------------- time

const clock = { now: undefined, pace: "machine", read: 0 };

/** What the server's clock shows at present. */
function serverNow() {
  if (clock.now === undefined) return undefined;
  return clock.pace === "frozen" ? clock.now : clock.now + (performance.now() - clock.read);
}

const dayOf = (time) => new Date(time).toISOString().slice(0, 10);
const timeOf = (time) => new Date(time).toISOString().slice(11, 19);

/** A time: without its day if that is the server's present one. */
function shortTime(iso) {
  const time = Date.parse(iso);
  const now = serverNow();
  const isToday = now !== undefined && dayOf(now) === dayOf(time);
  const parts = isToday ? [] : [el("span", {}, dayOf(time)), " "];
  return el("time", { datetime: iso, title: `${dayOf(time)} ${timeOf(time)} UTC` }, ...parts, el("span", {}, timeOf(time)));
}

function lengthOf(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const words = [];
  let left = Math.round(seconds);
  for (const [size, unit] of parts) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) words.push(`${count} ${unit}`);
  }
  return words.join(" ") || "0 s";
}

/** Seconds of `1h 30m`, `301`, `2 d`; undefined for what is none. */
function secondsOf(text) {
  const units = { d: 86400, h: 3600, m: 60, min: 60, s: 1, ms: 0.001, "": 1 };
  const pattern = /^\s*(\d+(?:\.\d+)?)\s*(d|h|min|m|ms|s|)\s*/;
  let rest = text.trim().toLowerCase();
  let seconds = 0;
  if (!rest) return undefined;
  while (rest) {
    const found = pattern.exec(rest);
    if (!found) return undefined;
    seconds += Number(found[1]) * units[found[2]];
    rest = rest.slice(found[0].length);
  }
  return seconds;
}

/** The time in a text such as `2026-01-31 12:00`, in UTC; undefined for what is none. */
function timeIn(text) {
  const found = /^\s*(\d{4}-\d{2}-\d{2})(?:[T ]+(\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?)?\s*(?:Z|UTC)?\s*$/i.exec(text);
  return found ? `${found[1]}T${found[2] ?? "00:00"}${found[3] ?? ":00"}Z` : undefined;
}

function took(read) {
  clock.now = Date.parse(read.now);
  clock.pace = read.pace ?? (read.virtual ? "frozen" : "machine");
  clock.read = performance.now();
  showClock();
}

function showClock() {
  const now = serverNow();
  if (now === undefined) return;
  $("now").textContent = `${dayOf(now)} ${timeOf(now)} UTC`;
  $("now").dateTime = new Date(now).toISOString();
  const words = { machine: "the time of the machine", frozen: "virtual, stands still", running: "virtual, running" };
  $("pace").textContent = words[clock.pace] ?? clock.pace;
  const movable = clock.pace !== "machine";
  $("hands").classList.toggle("off", !movable);
  for (const control of $("hands").querySelectorAll("button, input")) control.disabled = !movable;
  if (!movable) $("pace").textContent += "; start the server with --clock virtual to move it";
  $("pace-toggle").textContent = clock.pace === "running" ? "Freeze" : "Run";
  if (document.activeElement !== $("set-to")) $("set-to").value = `${dayOf(now)} ${timeOf(now)}`;
}

async function advance(seconds) {
  const moved = await act(
    () => call("POST", "/clock/advance", { seconds }).then((answer) => answer.json()),
    () => `The clock was moved by ${lengthOf(seconds)}.`,
  );
  if (moved) took(moved);
  refreshCredentials();
}

async function togglePace() {
  const path = clock.pace === "running" ? "/clock/freeze" : "/clock/run";
  const read = await act(() => call("POST", path).then((answer) => answer.json()));
  if (read) took(read);
}

// ----------------------------------------------------------------------------------------------------------- contracts

let contracts = [];

async function loadContracts() {
  contracts = await get("/contracts");
  for (const select of [$("filter-contract"), $("disturb-contract")]) {
    const first = select.options[0];
    select.replaceChildren(first, ...contracts.map((contract) => el("option", { value: contract.name }, contract.name)));
  }
  $("contracts").replaceChildren(...contracts.map(showContract));
}

function showContract(contract) {
  const documents = Object.entries(contract.documents).map(([kind, path]) =>
    el("button", { type: "button", class: "quiet", onclick: () => act(() => saveDocument(contract, kind, path)) }, `${kind}.yaml`),
  );
  const about = el("dl", {}, el("dt", {}, "Base URL"), el("dd", {}, el("code", {}, contract.url)), el("dt", {}, "Documents"), el("dd", {}, ...documents));
  const card = el("section", { class: "card contract" }, el("h3", {}, contract.title), el("p", { class: "faint" }, contract.name), about);
  if (contract.hooks.length) {
    about.append(el("dt", {}, "Hooks"), el("dd", {}, ...contract.hooks.map((hook) => hookForm(contract, hook))));
  }
  return card;
}

async function saveDocument(contract, kind, path) {
  save(await (await call("GET", path)).blob(), `${contract.name}-${kind}.yaml`);
}

function hookForm(contract, hook) {
  const input = el("input", { name: "id", placeholder: "credential, if any", "aria-label": `Credential for ${hook}`, autocomplete: "off", spellcheck: "false" });
  const run = (event) => {
    event.preventDefault();
    const body = input.value ? { credential: { id: input.value } } : {};
    act(() => call("POST", `/hooks/${encodeURIComponent(contract.name)}/${encodeURIComponent(hook)}`, body), `${hook} is done.`).then(refreshCredentials);
  };
  return el("form", { class: "hook", onsubmit: run }, input, el("button", {}, hook));
}

// --------------------------------------------------------------------------------------------------------- credentials

const credentials = { shown: [], next: undefined, open: new Set(), rows: new Map() };

const keyOf = (credential) => `${credential.contract}/${credential.kind}/${credential.id}`;

function credentialsQuery(after) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData($("credentials-filter"))) if (value) query.set(name, value);
  query.set("limit", "100");
  if (after) query.set("after", after);
  return `/credentials?${query}`;
}

async function loadCredentials() {
  const wanted = Math.max(1, Math.ceil(credentials.shown.length / 100));
  let items = [];
  let next;
  for (let page = 0; page < wanted; page += 1) {
    const answer = await get(credentialsQuery(next));
    items = items.concat(answer.items);
    next = answer.next;
    if (!next) break;
  }
  showCredentials(items, next);
}

async function moreCredentials() {
  const answer = await act(() => get(credentialsQuery(credentials.next)));
  if (answer) showCredentials(credentials.shown.concat(answer.items), answer.next);
}

const refreshCredentials = later(150, () => loadCredentials().catch(() => {}));

function showCredentials(items, next) {
  credentials.shown = items;
  credentials.next = next;
  const kept = new Set();
  const wanted = [];
  for (const credential of items) {
    const key = keyOf(credential);
    kept.add(key);
    let row = credentials.rows.get(key);
    if (!row) credentials.rows.set(key, (row = credentialRow(key)));
    row.update(credential);
    wanted.push(row.summary, row.detail);
  }
  for (const [key, row] of credentials.rows) {
    if (kept.has(key)) continue;
    row.summary.remove();
    row.detail.remove();
    credentials.rows.delete(key);
  }
  // Only what is not in its place is moved, so that the focus stays where it is.
  const body = $("credentials");
  wanted.forEach((row, place) => {
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] ?? null);
  });
  $("credentials-empty").hidden = items.length > 0;
  $("credentials-more").hidden = !next;
  say("credentials-count", items.length ? `${items.length}${next ? " and more" : ""}` : "");
}

function credentialRow(key) {
  const region = `credential-${credentials.rows.size}-${Math.random().toString(36).slice(2)}`;
  const name = el("span", { class: "name" });
  const id = el("code", { class: "id" });
  const opener = el("button", { type: "button", class: "opener", "aria-expanded": "false", "aria-controls": region }, name, id);
  // A narrow window takes the table apart; the roles stay.
  const cells = ["State", "Contract", "Issued", "Last used"].map((label) => el("td", { "data-label": label, role: "cell" }));
  const life = el("td", { role: "cell" });
  const summary = el("tr", { role: "row" }, el("td", { role: "cell" }, opener), ...cells, life);
  const inside = el("div", { id: region });
  const detail = el("tr", { class: "detail", hidden: true, role: "row" }, el("td", { colspan: "6", role: "cell" }, inside));
  let shown;
  const draw = () => {
    const isOpen = credentials.open.has(key);
    opener.setAttribute("aria-expanded", String(isOpen));
    summary.classList.toggle("open", isOpen);
    detail.hidden = !isOpen;
    if (!isOpen) return;
    const events = eventsOf(shown);
    const signature = JSON.stringify([shown, events.map((event) => [event.kind, event.at, event.order])]);
    redraw(inside, signature, () => credentialDetail(shown, events));
  };
  opener.addEventListener("click", () => {
    if (!credentials.open.delete(key)) credentials.open.add(key);
    draw();
  });
  const update = (credential) => {
    shown = credential;
    name.textContent = credential.name || "unnamed";
    id.textContent = credential.id;
    const [state, contract, issued, used] = cells;
    state.replaceChildren(el("span", { class: `state ${credential.state}` }, credential.state));
    contract.replaceChildren(credential.contract, " ", el("span", { class: "kind" }, credential.kind));
    issued.replaceChildren(shortTime(credential.created_at));
    used.replaceChildren(credential.last_used_at ? shortTime(credential.last_used_at) : el("span", { class: "faint" }, "–"));
    life.replaceChildren(lifeLine(credential));
    draw();
  };
  return { summary, detail, update };
}

/** What is known to have happened to a credential, in order. */
function eventsOf(credential) {
  const events = [{ kind: "issued", at: credential.created_at, order: -1, what: "Issued" }];
  let lastUse = "";
  let revocation;
  for (const entry of journal.entries) {
    const status = entry.outcome.status;
    if (entry.caller?.id === credential.id && entry.contract === credential.contract) {
      const refused = status === 401 || status === 403;
      if (!refused && entry.at > lastUse) lastUse = entry.at;
      events.push({ kind: refused ? "refused" : "used", at: entry.at, order: entry.number, what: refused ? "Refused" : "Used", entry });
    } else if (mentions(entry, credential.id)) {
      const done = status < 300 && ["DELETE", "POST", "PATCH"].includes(entry.request.method);
      if (done && !revocation && entry.at === credential.revoked_at) revocation = entry;
      else events.push({ kind: "asked", at: entry.at, order: entry.number, what: "Asked about", entry });
    }
  }
  if (credential.last_used_at && credential.last_used_at > lastUse) {
    events.push({ kind: "used", at: credential.last_used_at, order: 0, what: "Last used" });
  }
  if (credential.revoked_at) {
    events.push({ kind: "revoked", at: credential.revoked_at, order: revocation?.number ?? Infinity, what: "Revoked", entry: revocation });
  }
  if (credential.state === "expired") {
    events.push({ kind: "expired", at: credential.expires_at, order: 0, what: "Expired" });
  }
  return events.sort((one, other) => Date.parse(one.at) - Date.parse(other.at) || one.order - other.order);
}

function mentions(entry, id) {
  return entry.request.path.split("/").some((part) => {
    try {
      return decodeURIComponent(part) === id;
    } catch {
      return false;
    }
  });
}

const MOST_EVENTS = 40;

function credentialDetail(credential, events) {
  const facts = [
    ["Id", credential.id],
    ["Tenant", credential.tenant],
    ["Changed", credential.updated_at && `${dayOf(Date.parse(credential.updated_at))} ${timeOf(Date.parse(credential.updated_at))}`],
    ["Expires", credential.expires_at ? `${dayOf(Date.parse(credential.expires_at))} ${timeOf(Date.parse(credential.expires_at))}` : "never"],
  ].filter(([, value]) => value);
  const shown = events.slice(-MOST_EVENTS);
  const items = shown.map((event) =>
    el("li", { class: event.kind }, shortTime(event.at), el("span", { class: "what" }, event.what), event.entry ? entryLink(event.entry) : null),
  );
  if (shown.length < events.length) items.unshift(el("li", { class: "faint" }, `${events.length - shown.length} earlier ones`));
  return [
    el("dl", { class: "facts" }, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, el("code", {}, value))))),
    el("ol", { class: "timeline", "aria-label": "Timeline" }, ...items),
  ];
}

function entryLink(entry) {
  const text = `${entry.request.method} ${entry.request.path} ${entry.outcome.status ?? entry.outcome.outcome}`;
  return el("button", { type: "button", onclick: () => revealEntry(entry.number) }, text);
}

/** The life of a credential as a line, from its issue to now. */
function lifeLine(credential) {
  const now = serverNow() ?? Date.now();
  const from = Date.parse(credential.created_at);
  const until = Math.max(now, from + 1);
  const place = (iso) => 3 + 114 * Math.min(1, Math.max(0, (Date.parse(iso) - from) / (until - from)));
  const end = credential.revoked_at ?? (credential.state === "expired" ? credential.expires_at : undefined);
  const to = end ? place(end) : 117;
  const events = eventsOf(credential).slice(-MOST_EVENTS);
  const label = `${credential.state}; ${events.map((event) => event.what.toLowerCase()).join(", ")}`;
  const drawn = svg("svg", { class: "life", viewBox: "0 0 120 18", role: "img", "aria-label": label });
  drawn.append(svg("line", { class: "alive", x1: 3, x2: to, y1: 9, y2: 9 }));
  if (end) drawn.append(svg("line", { class: "dead", x1: to, x2: 117, y1: 9, y2: 9 }));
  for (const event of events) {
    const x = place(event.at);
    if (event.kind === "revoked" || event.kind === "expired") {
      drawn.append(svg("line", { class: event.kind, x1: x, x2: x, y1: 3, y2: 15 }));
    } else if (event.kind !== "asked") {
      drawn.append(svg("circle", { class: event.kind, cx: x, cy: 9, r: event.kind === "issued" ? 3 : 2.6 }));
    }
  }
  return drawn;
}

// ------------------------------------------------------------------------------------------------------------- requests

const MOST_ENTRIES = 500;
const journal = { entries: [], last: 0, open: new Set(), paused: false, waiting: 0 };

function keep(entry) {
  journal.entries.push(entry);
  if (journal.entries.length > MOST_ENTRIES) journal.entries.splice(0, journal.entries.length - MOST_ENTRIES);
}

function isRefused(entry) {
  return entry.outcome.outcome !== "answered" || entry.outcome.status >= 400;
}

function isWanted(entry) {
  const form = new FormData($("requests-filter"));
  if (form.get("refused") && !isRefused(entry)) return false;
  const words = String(form.get("search") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const text = [entry.request.method, entry.request.path, entry.request.query, entry.operation, entry.contract, entry.caller?.id, entry.outcome.status, entry.disturbance]
    .join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function showRequests() {
  const wanted = journal.entries.filter(isWanted).reverse().slice(0, 200);
  $("requests").replaceChildren(...wanted.map((entry) => requestItem(entry)));
  $("requests-empty").hidden = wanted.length > 0;
  $("requests-empty").textContent = journal.entries.length ? "No request is as asked." : "No request yet. They appear as they are answered.";
  $("requests-count").textContent = journal.paused && journal.waiting ? `${journal.waiting} new` : "";
}

function statusClass(entry) {
  const status = entry.outcome.status;
  if (status === undefined) return "none";
  if (status < 300) return "fine";
  if (status < 400) return "moved";
  return status < 500 ? "refused" : "failed";
}

function requestItem(entry, isFresh = false) {
  const region = `request-${entry.number}`;
  const query = entry.request.query ? `?${entry.request.query}` : "";
  const note = [entry.contract, entry.operation, entry.caller && `${entry.caller.id}${entry.caller.standing === "claimed" ? " (claimed)" : ""}`].filter(Boolean).join(" · ");
  const opener = el("button", { type: "button", class: "request", "aria-expanded": "false", "aria-controls": region },
    el("span", { class: `status ${statusClass(entry)}` }, String(entry.outcome.status ?? "none")),
    el("span", { class: "method" }, entry.request.method),
    el("span", { class: "path" }, entry.request.path + query),
    el("span", { class: "when" }, shortTime(entry.at)),
    note ? el("span", { class: "note" }, note) : null,
    entry.disturbance ? el("span", { class: "note disturbed" }, `disturbed: ${entry.disturbance}`) : null,
  );
  const inside = el("div", { id: region, class: "exchange", hidden: true });
  const draw = () => {
    const isOpen = journal.open.has(entry.number);
    opener.setAttribute("aria-expanded", String(isOpen));
    inside.hidden = !isOpen;
    if (isOpen && !inside.childElementCount) inside.append(...exchange(entry));
  };
  opener.addEventListener("click", () => {
    if (!journal.open.delete(entry.number)) journal.open.add(entry.number);
    draw();
  });
  draw();
  return el("li", { "data-number": entry.number, class: isFresh ? "fresh" : undefined }, opener, inside);
}

function exchange(entry) {
  const parts = [
    el("p", { class: "faint" }, `${(entry.microseconds / 1000).toFixed(1)} ms, request id ${entry.request_id || "none"}`),
    el("h4", {}, "Request"),
    ...message(entry.request),
    el("h4", {}, "Answer"),
  ];
  if (entry.outcome.outcome === "answered") parts.push(...message(entry.outcome));
  else parts.push(el("p", {}, ({ panicked: "None: the implementation panicked.", cut: "None: the connection was cut on purpose." })[entry.outcome.outcome] ?? "None: the connection ended before."));
  return parts;
}

function message({ headers, body }) {
  const rows = headers.map((header) => el("tr", {}, el("th", { scope: "row" }, header.name), el("td", {}, header.value)));
  const parts = [el("table", {}, el("tbody", {}, ...rows))];
  if (body.content === "withheld") parts.push(el("p", { class: "faint" }, `Body of ${body.length} bytes, not kept (${body.reason}).`));
  else if (body.text) parts.push(el("pre", { tabindex: "0" }, pretty(body.text) + (body.content === "beginning" ? "…" : "")));
  return parts;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function revealEntry(number) {
  $("requests-filter").reset();
  journal.open.add(number);
  showRequests();
  const item = $("requests").querySelector(`[data-number="${number}"]`);
  item?.scrollIntoView({ block: "nearest" });
  item?.querySelector("button").focus();
}

function arrived(entry) {
  // What was read from the journal comes over the stream as well, if it was recorded in between.
  if (entry.number <= journal.last || journal.entries.at(-1)?.number >= entry.number) return;
  keep(entry);
  if (journal.paused) {
    journal.waiting += 1;
    $("requests-count").textContent = `${journal.waiting} new`;
  } else if (isWanted(entry)) {
    $("requests").prepend(requestItem(entry, true));
    $("requests-empty").hidden = true;
    while ($("requests").childElementCount > 200) $("requests").lastElementChild.remove();
  }
  refreshCredentials();
}

function pause() {
  journal.paused = !journal.paused;
  journal.waiting = 0;
  $("pause").setAttribute("aria-pressed", String(journal.paused));
  $("pause").textContent = journal.paused ? "Resume" : "Pause";
  showRequests();
}

async function loadJournal() {
  const read = await get(`/journal?limit=${MOST_ENTRIES}`);
  journal.last = read.entries.at(-1)?.number ?? 0;
  const later = journal.entries.filter((entry) => entry.number > journal.last);
  journal.entries = [];
  for (const entry of [...read.entries, ...later]) keep(entry);
  showRequests();
}

/** Reads the stream of events for as long as there is one. `EventSource` could not send the token. */
async function follow() {
  for (;;) {
    try {
      const answer = await call("GET", "/journal/stream");
      // It may be another server, which counts from one again.
      Object.assign(journal, { entries: [], last: 0 });
      took(await get("/clock"));
      await Promise.all([loadJournal(), loadContracts(), loadFaults(), loadDisturbances()]);
      await loadCredentials();
      link("open", "Live");
      await events(answer.body);
    } catch {
      // What went wrong shows in the state of the connection.
    }
    link("lost", "Not connected");
    await new Promise((resume) => setTimeout(resume, 1500));
  }
}

async function events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      event(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

function event(text) {
  let kind = "message";
  const data = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (kind === "entry") arrived(JSON.parse(data.join("\n")));
  else if (kind === "cleared" || kind === "missed") loadJournal().catch(() => {});
}

function link(is, text) {
  $("link").dataset.is = is;
  say("link-text", text);
}

// --------------------------------------------------------------------------------------------------- faults, disturbances

let faults = [];
let disturbances = [];
const switches = new Map();

async function loadFaults() {
  faults = await get("/faults");
  if (!switches.size) drawFaults();
  showFaults();
}

function drawFaults() {
  const groups = new Map();
  for (const fault of faults) {
    const group = fault.group ?? "Promises";
    if (!groups.has(group)) groups.set(group, el("div", { role: "group", "aria-label": group }, el("h4", { class: "group" }, group)));
    const input = el("input", { type: "checkbox", role: "switch", class: "switch", onchange: () => setFault(fault.name, input.checked) });
    const breaks = fault.breaks.length ? `breaks ${fault.breaks.join(", ")}` : "breaks the OpenAPI document";
    const row = el("label", { class: "fault" }, input, el("span", {}, fault.about), el("span", { class: "breaks" }, el("span", { class: "name" }, fault.name), ` · ${breaks}${fault.needs_replicas ? "; shows with several servers" : ""}`));
    switches.set(fault.name, { input, row, text: `${fault.name} ${fault.about} ${breaks}`.toLowerCase() });
    groups.get(group).append(row);
  }
  $("faults").replaceChildren(...groups.values());
  $("disturb-fault").replaceChildren(...faults.map((fault) => el("option", { value: fault.name }, fault.name)));
}

function showFaults() {
  const form = new FormData($("faults-filter"));
  const words = String(form.get("search") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const fault of faults) {
    const known = switches.get(fault.name);
    if (!known) continue;
    known.input.checked = fault.is_on;
    known.row.hidden = !(words.every((word) => known.text.includes(word)) && (!form.get("on") || fault.is_on));
    shown += known.row.hidden ? 0 : 1;
  }
  for (const group of $("faults").children) group.hidden = ![...group.querySelectorAll(".fault")].some((row) => !row.hidden);
  say("faults-empty", faults.length ? "No promise of the catalogue is called so." : "A mock keeps what its documents promise.");
  $("faults-empty").hidden = shown > 0;
  say("faults-count", `${shown} of ${faults.length}`);
  showBanner();
}

function showBanner() {
  const on = faults.filter((fault) => fault.is_on).map((fault) => fault.name);
  const rules = disturbances.filter((listed) => listed.remaining !== 0).length;
  const parts = [];
  if (on.length) parts.push(`${on.length === 1 ? "A promise is" : `${on.length} promises are`} broken: ${on.join(", ")}.`);
  if (rules) parts.push(`${rules === 1 ? "A disturbance is" : `${rules} disturbances are`} in force.`);
  const text = parts.join(" ");
  say("banner-text", text);
  $("banner").hidden = !text;
  $("count-on").hidden = on.length + rules === 0;
  $("count-on").textContent = String(on.length + rules);
}

async function setFault(name, isOn) {
  await act(() => call(isOn ? "PUT" : "DELETE", `/faults/${encodeURIComponent(name)}`), isOn ? `${name} is on.` : `${name} is off.`);
  await loadFaults();
}

async function loadDisturbances() {
  disturbances = await get("/disturbances");
  redraw($("disturbances"), JSON.stringify(disturbances), () => disturbances.map((listed) =>
    el("li", {},
      el("span", { class: "line" }, ruleLine(listed.rule)),
      el("span", { class: "faint" }, `struck ${listed.struck} of ${listed.matched}${listed.remaining === undefined ? "" : `, ${listed.remaining} left`}`),
      el("button", { type: "button", class: "quiet", "aria-label": `Remove disturbance ${listed.id}`, onclick: () => act(() => call("DELETE", `/disturbances/${listed.id}`)).then(loadDisturbances) }, "Remove"),
    ),
  ));
  $("disturbances-count").textContent = disturbances.length ? String(disturbances.length) : "none";
  showBanner();
}

function ruleLine(rule) {
  const [[kind, value]] = typeof rule.what === "string" ? [[rule.what, ""]] : Object.entries(rule.what);
  const told = typeof value === "object" ? Object.entries(value).map((pair) => pair.join(" ")).join(", ") : value;
  const rest = Object.entries(rule).filter(([name, part]) => name !== "what" && !(name === "probability" && part === 1) && !(name === "on" && part === "request"));
  return [told === "" ? kind : `${kind} ${told}`, ...rest.map(([name, part]) => `${name} ${typeof part === "object" ? JSON.stringify(part) : part}`)].join(", ");
}

function ruleOf(form) {
  const value = (name) => String(form.get(name) ?? "").trim();
  const kind = value("what");
  const rule = { what: kind };
  if (kind === "status") {
    rule.what = { status: { code: Number(value("code")) } };
    if (value("retry_after")) rule.what.status.retry_after = value("retry_after");
  } else if (kind !== "drop" && kind !== "reset") {
    rule.what = { [kind]: value(kind) };
  }
  for (const name of ["contract", "operation", "caller"]) if (value(name)) rule[name] = value(name);
  if (value("times")) rule.times = Number(value("times"));
  rule.probability = Number(value("probability") || 100) / 100;
  rule.on = value("on");
  return rule;
}

function fitRule() {
  const kind = $("disturb").elements.what.value;
  for (const field of $("disturb").querySelectorAll("[data-for]")) field.hidden = field.dataset.for !== kind;
}

// ---------------------------------------------------------------------------------------------------------------- views

const VIEWS = ["live", "faults", "contracts", "state"];

function showView() {
  const asked = location.hash.slice(1);
  const view = VIEWS.includes(asked) ? asked : "live";
  for (const name of VIEWS) $(`view-${name}`).hidden = name !== view;
  for (const anchor of document.querySelectorAll("[data-view]")) {
    if (anchor.dataset.view === view) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  window.scrollTo(0, 0);
  document.title = `${view[0].toUpperCase()}${view.slice(1)} · Rescind console`;
}

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  localStorage.setItem("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $("theme").textContent = `Theme: ${theme}`;
}

const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(localStorage.getItem("theme") ?? "auto") + 1) % THEMES.length]);

function searchField() {
  const view = VIEWS.find((name) => !$(`view-${name}`).hidden);
  return $(`view-${view}`).querySelector("input[type=search]");
}

const SHORTCUTS = {
  "/": () => searchField()?.focus(),
  "?": () => $("dialog-help").showModal(),
  s: () => advance(1),
  a: () => advance(301),
  f: togglePace,
  p: pause,
  t: nextTheme,
  ...Object.fromEntries(VIEWS.map((view, place) => [String(place + 1), () => { location.hash = view; $("main").focus({ preventScroll: true }); }])),
};

document.addEventListener("keydown", (pressed) => {
  const isTyping = pressed.target.closest?.("input:not([type=checkbox]), select, textarea, dialog");
  if (isTyping || pressed.ctrlKey || pressed.metaKey || pressed.altKey || document.querySelector("dialog[open]")) return;
  const shortcut = Object.hasOwn(SHORTCUTS, pressed.key) ? SHORTCUTS[pressed.key] : undefined;
  if (!shortcut) return;
  pressed.preventDefault();
  shortcut();
});

// -------------------------------------------------------------------------------------------------------------- listeners

const on = (id, kind, listener) => $(id).addEventListener(kind, listener);
const submitted = (id, listener) => on(id, "submit", (sent) => {
  sent.preventDefault();
  listener(sent.target);
});

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () => advance(Number(button.dataset.advance)));
}
submitted("advance", () => {
  const seconds = secondsOf($("advance-by").value);
  if (seconds === undefined) toast("Write a length of time, such as 90s, 5m or 1h 30m.", "bad");
  else advance(seconds);
});
submitted("set", async () => {
  const to = timeIn($("set-to").value);
  if (!to) return toast("Write a time in UTC, such as 2026-01-31 12:00:00.", "bad");
  const read = await act(() => call("PUT", "/clock", { now: to }).then((answer) => answer.json()), "The clock was set.");
  if (read) took(read);
  refreshCredentials();
});
on("pace-toggle", "click", togglePace);
on("theme", "click", nextTheme);
on("help", "click", () => $("dialog-help").showModal());
on("keep-all", "click", async () => {
  await act(async () => {
    await call("DELETE", "/faults");
    await call("DELETE", "/disturbances");
  }, "Every promise is kept again.");
  await Promise.all([loadFaults(), loadDisturbances()]);
});

$("credentials-filter").addEventListener("input", () => {
  credentials.shown = [];
  refreshCredentials();
});
submitted("credentials-filter", refreshCredentials);
on("credentials-more", "click", moreCredentials);
$("requests-filter").addEventListener("input", showRequests);
submitted("requests-filter", showRequests);
on("pause", "click", pause);
on("har", "click", () => act(async () => save(await (await call("GET", "/journal.har")).blob(), "rescind.har")));
on("clear-journal", "click", () => act(() => call("DELETE", "/journal"), "The journal was cleared.").then(loadJournal));

$("faults-filter").addEventListener("input", showFaults);
submitted("faults-filter", showFaults);
on("disturb", "change", fitRule);
submitted("disturb", async (form) => {
  await act(() => call("POST", "/disturbances", ruleOf(new FormData(form))), "The disturbance is in force.");
  await loadDisturbances();
});
on("disturb-clear", "click", () => act(() => call("DELETE", "/disturbances"), "No disturbance is in force.").then(loadDisturbances));

on("snapshot", "click", () => act(async () => save(await (await call("GET", "/snapshot")).blob(), "rescind-snapshot.json")));
submitted("restore", (form) => act(() => call("PUT", "/snapshot", form.elements.file.files[0]), "The snapshot was restored.").then(everything));
submitted("seed", (form) => act(() => call("POST", "/seed", form.elements.file.files[0]), "The seed was added.").then(everything));
on("reset", "click", () => $("dialog-reset").showModal());
on("dialog-reset", "close", () => {
  if ($("dialog-reset").returnValue === "yes") act(() => call("POST", "/reset"), "Everything was reset.").then(everything);
  $("dialog-reset").returnValue = "";
});
submitted("token", () => {
  token = $("token-input").value.trim();
  sessionStorage.setItem("token", token);
  $("token-input").value = "";
  $("dialog-token").close();
});

async function everything() {
  await Promise.allSettled([loadFaults(), loadDisturbances(), loadCredentials(), loadJournal(), get("/clock").then(took)]);
}

/** What others do over the admin API shows as well, a little later. */
async function poll() {
  if (document.hidden || $("link").dataset.is !== "open") return;
  await Promise.allSettled([get("/clock").then(took), loadFaults(), loadDisturbances()]);
  refreshCredentials();
}

window.addEventListener("hashchange", showView);
setTheme(localStorage.getItem("theme") ?? "auto");
showView();
fitRule();
setInterval(showClock, 500);
setInterval(() => poll().catch(() => {}), 2500);
follow();
