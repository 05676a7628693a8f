// The open conversation: what arrives is put where its time belongs, and the reader stays where they are.

import {
  announce,
  ask,
  calmly,
  doing,
  expectOwn,
  focusOn,
  onNews,
  parse,
  put,
  say,
  severalNew,
  takeNews,
  withList,
} from "./live.js";
import { keep, keeps, watch } from "./writing.js";

const NEAR = 100;

export const list = document.querySelector(".thread[data-conversation]");
export const echo = document.getElementById("echo");
export const [SENDING, SENT, SEEN, NOT_SENT] = echo.dataset.words.split("|");
const { conversation } = list.dataset;
// Also on the page that says why a message was not sent, which has an address of its own.
export const here = `${location.pathname.split(conversation)[0]}${conversation}/`;
const button = document.querySelector("#arrivals button");
let { after } = list.dataset;
let unseen = []; // what others wrote, and what happened, that nobody has looked at here

const isMessage = (item) => item.matches(".message");
const end = (item) => item.getBoundingClientRect().bottom;

// --- Placing

/** Whoever is near the end stays there; whoever reads further up is not moved. */
export function keepingPlace(change) {
  const before = end(list);
  const isNear = before > 0 && before <= innerHeight + NEAR;
  change();
  document.getElementById("newest")?.removeAttribute("id");
  list.lastElementChild.id = "newest";
  if (isNear) scrollBy(0, Math.max(end(list) - before, end(list) - innerHeight + 1));
}

/** Puts the item where its time belongs, in place of its echo. Is it new here? */
export function place(item) {
  const { key, at } = item.dataset;
  const before = list.querySelector(`[data-key="${key}"]`);
  if (before?.dataset.at) return false;
  let above = list.lastElementChild;
  while (above && !(above.dataset.at <= at)) above = above.previousElementSibling; // an echo has no time yet
  if (above) above.after(item);
  else list.prepend(item);
  if (before) {
    if (before.contains(document.activeElement)) focusOn(item);
    before.remove();
    list.dispatchEvent(new CustomEvent("arrived", { detail: key }));
  }
  return !before;
}

// --- Arriving

export const look = calmly(async () => {
  for (;;) {
    const response = await ask(withList(`${here}new/?after=${encodeURIComponent(after)}`));
    if (response?.status === 404) leaveWhatIsGone();
    if (!response?.ok) return response !== null;
    const fresh = (await parse(response)).firstElementChild;
    take(fresh);
    after = fresh.dataset.after;
    if (fresh.dataset.more === undefined) return true;
  }
});

/** The other's account is gone, and the conversation with it: the page says so, unless something stands in the box. */
function leaveWhatIsGone() {
  if (!document.querySelector("#composer textarea")?.value) location.reload();
}

function take(fresh) {
  const placed = [];
  const first = list.firstElementChild.dataset.at; // what is older is on a page of its own
  keepingPlace(() => {
    for (const item of fresh.querySelectorAll(":scope > ol > li")) {
      if (item.dataset.at >= first && place(item) && !item.matches(".message-mine, .day-line")) placed.push(item);
    }
  });
  takeNews(fresh);
  showSeen(fresh.dataset.seen);
  takeComposer(fresh.querySelector("#composer"));
  unseen.push(...placed);
  const arrived = placed.filter(isMessage);
  if (arrived.length) announce(arrived.length, arrived[0].querySelector(".author").textContent);
  placed.filter((item) => !isMessage(item)).forEach((event) => say(event.innerText));
  lookAtShown();
}

// --- What is older, above: the reader stays where they are

const older = document.getElementById("older");

older?.addEventListener("click", async (event) => {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (older.ariaBusy === "true") return;
  older.ariaBusy = "true";
  const response = await ask(link.href);
  const fresh = response?.ok ? await parse(response).catch(() => null) : null;
  older.ariaBusy = "false";
  if (fresh) prepend(fresh);
  else older.querySelector("[role=status]").textContent = older.dataset.trouble;
});

function prepend(fresh) {
  const first = list.querySelector("li:not(.day-line)"); // a day may have begun further back
  const { top } = first.getBoundingClientRect();
  fresh.querySelectorAll("ol > li").forEach((item) => place(item));
  put(fresh.querySelector("#older"));
  if (!older.children.length) focusOn(list.firstElementChild);
  scrollBy(0, first.getBoundingClientRect().top - top);
  say(older.dataset.shown);
}

function showSeen(upTo) {
  list.querySelectorAll(".message-mine[data-at] .sent").forEach((state) => {
    const [, at] = state.closest("li").dataset.at.split(" ");
    state.textContent = at <= upTo ? SEEN : SENT;
  });
}

/** Whether one can write may have changed; a box with words in it, or with the focus, is left alone. */
function takeComposer(fresh) {
  const old = document.getElementById("composer");
  const { value: token } = fresh.querySelector("[name=csrfmiddlewaretoken]") ?? {};
  if (token) document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => (field.value = token));
  if ("canWrite" in old.dataset === "canWrite" in fresh.dataset) return;
  if (old.querySelector("textarea")?.value || old.contains(document.activeElement)) return;
  old.replaceWith(fresh);
  if (keeps) fresh.querySelectorAll("textarea").forEach(keep);
  fresh.querySelectorAll("[data-count-for]").forEach(watch);
}

onNews((ids) => (ids === null || ids.has(conversation) ? look() : null));

// --- Seeing

function lookAtShown() {
  const shown = document.hidden ? [] : unseen.filter((item) => end(item) <= innerHeight);
  unseen = unseen.filter((item) => !shown.includes(item));
  const below = unseen.filter((item) => isMessage(item) && end(item) > innerHeight);
  button.parentElement.hidden = !below.length;
  button.textContent = severalNew(below.length);
  if (!shown.length) return;
  let last = shown.at(-1);
  while (!isMessage(last)) last = last.previousElementSibling;
  const body = new FormData();
  body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  body.append("up_to", last.dataset.key);
  doing(async () => {
    const response = await ask(withList(`${here}seen/`), { method: "POST", body });
    if (!response?.ok) return;
    const answer = await parse(response);
    expectOwn(answer);
    takeNews(answer);
  }).catch(() => {});
}

button.addEventListener("click", () => {
  const first = unseen.find(isMessage);
  first.scrollIntoView();
  focusOn(first);
});
addEventListener("scroll", lookAtShown, { passive: true });
document.addEventListener("visibilitychange", lookAtShown);
