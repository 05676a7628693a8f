// The list of requests follows what is typed and grows at its end. Without this file, its form and its links do the same.

import { ask, parse, put } from "./live.js";

const PAUSE = 400; // after the last key
const SLOW = 400; // before anybody is told to wait
const TOO_SLOW = 15_000;

const form = document.querySelector("form.filters");
const found = document.getElementById("found");
const state = document.getElementById("finding");
const trouble = document.getElementById("finding-trouble");
let pause;
let underway = null;

// --- Asking: the newest question counts, and who asked before is not waited for

/** What the list answers, or null where there is no answer, or a newer question. */
async function answerTo(url) {
  underway?.abort();
  const question = (underway = new AbortController());
  const timers = [setTimeout(tellToWait, SLOW), setTimeout(() => question.abort(), TOO_SLOW)];
  try {
    const response = await ask(url, { signal: question.signal });
    const fresh = response?.ok ? await parse(response) : null;
    if (question !== underway) return null;
    settle();
    if (!fresh) tellOfTrouble(url);
    return fresh;
  } catch {
    if (question === underway) tellOfTrouble(url); // it broke off in the middle
    return null;
  } finally {
    timers.forEach(clearTimeout);
  }
}

function tellToWait() {
  found.setAttribute("aria-busy", "true");
  state.textContent = state.dataset.updating;
}

function settle() {
  found.removeAttribute("aria-busy");
  state.textContent = "";
}

/** What was there stays. */
function tellOfTrouble(url) {
  settle();
  const words = trouble.content.cloneNode(true);
  words.querySelector("a").href = url;
  state.append(words);
}

// --- While somebody types

function address() {
  const asked = [...new FormData(form)].filter(([, value]) => value.trim());
  return asked.length ? `${form.action}?${new URLSearchParams(asked)}` : form.action;
}

async function refresh() {
  const url = address();
  const fresh = await answerTo(url);
  if (!fresh) return;
  fresh.querySelectorAll("[data-part]").forEach(put);
  history.replaceState(null, "", url);
  offerMore();
}

form.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(refresh, PAUSE);
});
form.addEventListener("submit", () => clearTimeout(pause));

// --- More of it, below

function offerMore() {
  const next = found.querySelector("a[rel=next]");
  if (next) next.textContent = found.querySelector(".cards").dataset.more;
}

found.addEventListener("click", async (event) => {
  const next = event.target.closest("a[rel=next]");
  if (!next || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const fresh = await answerTo(next.href);
  if (fresh) append(fresh, next.href);
});

function append(fresh, url) {
  const cards = found.querySelector(".cards");
  const more = fresh.querySelector(".cards");
  // Somebody may have asked meanwhile, and pushed a request that is shown already to this page.
  const items = [...(more?.children ?? [])].filter((item) => !document.getElementById(item.firstElementChild.id));
  cards.append(...items);
  cards.dataset.more = more?.dataset.more;
  const pager = fresh.querySelector(".pager");
  pager?.querySelectorAll(":not([rel=next])").forEach((part) => part.closest("[rel=next]") || part.remove());
  found.querySelector(".pager").replaceWith(...[pager].filter((part) => part?.querySelector("[rel=next]")));
  history.replaceState(null, "", url);
  offerMore();
  const heading = items[0]?.querySelector("h2") ?? cards.lastElementChild.querySelector("h2");
  heading.tabIndex = -1;
  heading.focus();
}

offerMore();
