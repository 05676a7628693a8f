// One socket for each page says that something changed; what it is, the pages' own doors say. So nothing is lost with
// a frame, and where no socket can be had the same questions are asked every half minute.

import { sentence } from "./writing.js";

const GRACE = 5_000; // without a socket before anybody is told
const POLL = 30_000;
const LONG_AWAY = 60_000; // hidden for so long, a socket may be dead without knowing it
const SLOWEST_RETRY = 30_000;
const BURST = 5_000;
const BREATH = 300;
const TOGETHER = 20; // one change may say several frames
const OWN = 3_000; // for frames of what this page did
const HELD = 500; // theirs, for its answer

const live = document.getElementById("live");
const { socket: address, news, offline, arrived, arrivedSeveral } = live.dataset;
const [bar, spoken] = live.querySelectorAll("[role=status]");

// --- Asking the doors

let isSignedOut = false;

/** The answer, or null where nobody was reached or nobody is signed in any more. */
export async function ask(url, options = {}) {
  if (isSignedOut) return null;
  const headers = { "HX-Request": "true" };
  try {
    const signal = AbortSignal.timeout?.(15_000);
    const response = await fetch(url, { redirect: "manual", signal, headers, ...options });
    if (response.type !== "opaqueredirect") return response;
    signedOut();
  } catch {
    // no way to the server
  }
  return null;
}

export async function parse(response) {
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

/** One at a time; asked for meanwhile, it runs once more, after a breath. */
export function calmly(act) {
  let running = null;
  let isWanted = false;
  return function run() {
    isWanted = Boolean(running);
    if (running) return running;
    running = act().catch(() => false); // an answer that broke off is none
    running.then(() =>
      setTimeout(() => {
        running = null;
        if (isWanted) run();
      }, BREATH),
    );
    return running;
  };
}

// Tokens differ from one drawing to the next.
const drawn = (part) => part.innerHTML.replaceAll(/ value="[^"]*"|\s+/g, "");

/** Draws this part of the page as it came, unless it is the same. The focus stays where it was. */
export function put(part) {
  const here = part && document.getElementById(part.id);
  if (!here || drawn(here) === drawn(part)) return;
  const { id } = here.contains(document.activeElement) ? document.activeElement : here;
  const hadFocus = id !== here.id;
  here.replaceChildren(...part.childNodes);
  if (hadFocus) focusOn(document.getElementById(id) ?? here);
}

export function focusOn(element) {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

// --- Saying it, once and politely

let nextWords = 0;
let burstBegan = -BURST;

export function say(words) {
  const now = Date.now();
  nextWords = Math.max(now, nextWords) + 1_500;
  setTimeout(() => (spoken.textContent = words), nextWords - 1_500 - now);
  setTimeout(() => (spoken.textContent = ""), nextWords - 100 - now);
}

/** What arrived: once for a burst, however many come in it. */
export function announce(count, name = "") {
  if (performance.now() - burstBegan < BURST) return;
  burstBegan = performance.now();
  say(count === 1 && name ? arrived.replace("{name}", name) : severalNew(count));
}

export function severalNew(count) {
  return sentence(count, arrivedSeveral);
}

// --- The counts, and the list of conversations where there is one

const title = document.title;
const list = document.getElementById("conversations");
const isThread = Boolean(document.querySelector("[data-conversation]"));
const unreadIn = (part) => Number(part.querySelector("#messages-count .pill")?.textContent ?? 0);

const lookAtNews = calmly(async () => {
  const response = await ask(withList(news));
  if (!response?.ok) return response !== null;
  takeNews(await parse(response));
  return true;
});

/** Asks for the list too, where it is to be seen: a phone hides it. */
export const withList = (url) =>
  list?.offsetParent ? `${url}${url.includes("?") ? "&" : "?"}${list.dataset.query}` : url;

export function takeNews(fresh) {
  const [before, unread] = [unreadIn(document), unreadIn(fresh)];
  fresh.querySelectorAll("[data-part]").forEach(put);
  document.title = unread ? `(${unread}) ${title}` : title;
  if (unread > before && !isThread) announce(unread - before);
}

const lookers = [];

/** Told what changed, or null for any. A promise sees to the news too. */
export function onNews(looker) {
  lookers.push(looker);
}

async function look(ids) {
  const looks = lookers.map((looker) => looker(ids)).filter(Boolean);
  const reached = await Promise.all(looks.length ? looks : [lookAtNews()]);
  return !reached.includes(false);
}

// --- What was heard, but for own doings

let heard = [];
let gathering;
let acting = 0;
let early = []; // asked after
let own = []; // to come

/** Its answer names the frames that come of it, and stands for them. */
export async function doing(act) {
  acting += 1;
  try {
    return await act();
  } finally {
    acting -= 1;
    if (!acting) early = [];
    clearTimeout(gathering);
    gather();
  }
}

export function expectOwn(answer) {
  const until = Date.now() + OWN;
  for (const frame of answer.querySelector("[data-own]")?.dataset.own.split(",") ?? []) {
    if (!take(early, frame)) own.push({ frame, until });
  }
}

function gather() {
  if (heard.length) gathering = setTimeout(lookAtHeard, acting ? HELD : TOGETHER);
}

function lookAtHeard() {
  own = own.filter(({ until }) => until > Date.now());
  const frames = heard.filter((frame) => !take(own, frame));
  heard = [];
  if (acting) early.push(...frames);
  if (frames.length) look(new Set(frames.map((frame) => frame.split(" ")[1])));
}

function take(frames, wanted) {
  const found = frames.findIndex((each) => (each.frame ?? each) === wanted);
  if (found >= 0) frames.splice(found, 1);
  return found >= 0;
}

// --- The socket

let socket = null;
let isUp = false;
let failures = 0;
let retry, watch;
let hiddenAt = Date.now();

function connect() {
  clearTimeout(retry);
  if (isSignedOut) return;
  let opened;
  try {
    opened = new WebSocket(new URL(address, location).href.replace(/^http/, "ws"));
  } catch {
    return lost();
  }
  socket = opened;
  opened.onmessage = ({ data }) => {
    if (socket !== opened) return;
    const { type, id, what } = JSON.parse(data);
    // Once more, all pages hear it at once.
    if (type === "hello") setTimeout(() => socket === opened && greeted(), isUp ? Math.random() * 2_000 : 0);
    else if (heard.push([type, id, what].filter(Boolean).join(" ")) === 1) gather();
  };
  opened.onclose = ({ code }) => {
    if (socket !== opened) return;
    if (code === 4401) signedOut();
    else lost();
  };
}

function greeted() {
  isUp = true;
  failures = 0;
  own = []; // they may never come
  clearTimeout(watch);
  bar.textContent = "";
  look(null);
  dispatchEvent(new Event("reached"));
}

function lost() {
  socket = null;
  const wait = Math.min(SLOWEST_RETRY, 1_000 * 2 ** failures++);
  retry = setTimeout(connect, wait * (0.5 + Math.random()));
  if (isUp) watch = setTimeout(lookWithoutSocket, GRACE); // else it runs already
  isUp = false;
}

function hangUp() {
  clearTimeout(retry);
  const old = socket;
  socket = null;
  old?.close();
}

// The way may be free again, or the old socket dead.
function again() {
  if (isSignedOut) return;
  hangUp();
  lost();
  connect();
}

async function lookWithoutSocket() {
  clearTimeout(watch);
  let wait = POLL;
  if (!document.hidden) {
    const reached = await look(null);
    if (isUp || isSignedOut) return;
    bar.textContent = reached ? "" : offline;
    if (reached) dispatchEvent(new Event("reached"));
    else wait = GRACE;
  }
  clearTimeout(watch);
  watch = setTimeout(lookWithoutSocket, wait);
}

function signedOut() {
  if (isSignedOut) return;
  isSignedOut = true;
  hangUp();
  clearTimeout(watch);
  bar.replaceChildren(live.querySelector("template").content.cloneNode(true));
}

window.addEventListener("online", again);
window.addEventListener("offline", () => {
  hangUp();
  lost();
});
window.addEventListener("pageshow", (event) => event.persisted && again());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (Date.now() - hiddenAt > LONG_AWAY) again();
  else if (!isUp && !isSignedOut) lookWithoutSocket();
});

watch = setTimeout(lookWithoutSocket, GRACE);
connect();
