// Sending without leaving the page. What was written stands in the thread at once, and is kept on this device until
// the server has it; one after the other, each under the id that its row will have.

import { ask, doing, expectOwn, focusOn, parse, put, say, withList } from "./live.js";
import { echo, here, keepingPlace, list, look, NOT_SENT, place, SENDING, SENT } from "./thread.js";
import { keeps, lengthOf, member, store } from "./writing.js";

const PREFIX = `unsent:${member}:${list.dataset.conversation}:`;
const DOUBLE_CLICK = 1_000;
const { trouble, refused } = echo.dataset;
let unsent = []; // in the order of writing: {id, text, at, item, state}
let isSending = false;
let sentAt = 0;

// A message is `waiting` for its turn, `failed` until the server is there again, `held` until somebody tries again, or
// `refused` for good.

/** Random, of version 4. crypto.randomUUID is not there over plain http, as on a community's own network. */
function newId() {
  const digit = (known) => (known ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (known / 4)))).toString(16);
  return "10000000-1000-4000-8000-100000000000".replaceAll(/[018]/g, digit);
}

// --- What stands in the thread

function add(message, state) {
  const item = echo.content.firstElementChild.cloneNode(true);
  item.dataset.key = message.id;
  item.querySelector(".prose").textContent = message.text;
  item.querySelector("[name=again]").addEventListener("click", () => sendAgain("failed", "held"));
  item.querySelector("[name=edit]").addEventListener("click", () => edit(message, item));
  unsent.push({ ...message, item });
  keepingPlace(() => list.append(item));
  become(unsent.at(-1), state);
}

function become(message, state, why = "") {
  const { item } = message;
  const isWaiting = state === "waiting";
  if (isWaiting && item.contains(document.activeElement)) focusOn(item);
  message.state = state;
  keepingPlace(() => {
    item.classList.toggle("is-unsent", !isWaiting);
    item.querySelector(".sent").textContent = isWaiting ? SENDING : NOT_SENT;
    item.querySelector(".why").textContent = why;
    item.querySelector(".actions").hidden = isWaiting;
    item.querySelector("[name=again]").hidden = state === "refused";
  });
}

function drop(id) {
  unsent = unsent.filter((message) => message.id !== id);
  store((storage) => storage.removeItem(PREFIX + id));
}

// --- Sending, one after the other

async function send() {
  if (isSending) return;
  isSending = true;
  let sent = 0;
  for (;;) {
    const message = unsent.find(({ state }) => state === "waiting");
    if (!message) break;
    if (await hasArrived(message).catch(() => hold("failed", trouble))) sent += 1;
  }
  isSending = false;
  if (sent) say(SENT);
}

function hasArrived(message) {
  return doing(() => arrives(message));
}

async function arrives(message) {
  let response = await post(message);
  if (response?.status === 403 && (await look())) response = await post(message); // signed in again meanwhile
  const answer = response?.ok ? await parse(response) : null;
  if (answer) expectOwn(answer);
  if (!unsent.includes(message)) return true; // the socket was faster
  if (answer) {
    keepingPlace(() => answer.querySelectorAll(".said > li").forEach(place));
    answer.querySelectorAll("[data-part]").forEach(put);
    sayHowManyAreLeft(answer.querySelector("[data-left]")?.dataset.left ?? "");
    drop(message.id);
    return true;
  }
  const why = response?.headers.get("Content-Type") === "application/json" ? (await response.json()).detail : null;
  if (!response || response.status >= 500) hold("failed", trouble);
  else if (response.status === 429) hold("held", why);
  else become(message, "refused", why ?? refused);
  if (!message.isTold) say(NOT_SENT);
  message.isTold = true;
  return false;
}

function sayHowManyAreLeft(words) {
  const note = document.getElementById("messages-left");
  if (!note) return;
  note.textContent = words;
  note.hidden = !words;
  if (words) say(words);
}

/** What was written after it does not overtake it. */
function hold(state, why) {
  unsent.filter((message) => message.state === "waiting").forEach((message) => become(message, state, why));
}

function post({ id, text }) {
  const form = document.querySelector("#composer form");
  const body = new FormData(form);
  body.set("content", text);
  body.set("client_id", id);
  body.set("sender_id", member); // whoever has signed in here meanwhile does not send it as theirs
  if (keeps) body.delete("kept_for"); // it is kept here
  return ask(withList(`${here}send/`), { method: "POST", body });
}

function sendAgain(...states) {
  unsent.filter(({ state }) => states.includes(state)).forEach((message) => become(message, "waiting"));
  send();
}

function edit(message, item) {
  const field = document.querySelector("#composer textarea");
  if (!field) return document.getElementById("composer").scrollIntoView();
  field.value = [message.text, field.value].filter(Boolean).join("\n");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  item.remove();
  drop(message.id);
  field.focus();
}

// --- Where messages come from

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const field = form.elements.content;
    if (!form.matches("#composer form[data-draft]")) return;
    const length = lengthOf(field.value);
    if (!length && Date.now() - sentAt < DOUBLE_CLICK) return event.preventDefault();
    if (!length || length > form.querySelector("[data-maximum]").dataset.maximum) return; // the server's page says why
    event.preventDefault();
    sentAt = Date.now();
    const message = { id: newId(), text: field.value, at: Date.now() };
    if (keeps) store((storage) => storage.setItem(PREFIX + message.id, JSON.stringify(message)));
    add(message, "waiting");
    field.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    form.elements.client_id.value = newId();
    sendAgain("failed"); // those before it go first
  },
  true,
);

// Seen by the socket, or sent by another tab.
list.addEventListener("arrived", (event) => drop(event.detail));

addEventListener("reached", () => sendAgain("failed"));

addEventListener("beforeunload", (event) => {
  if (!keeps && unsent.length) event.preventDefault();
});

// --- What an earlier visit could not send

store((storage) => {
  const kept = Object.keys(storage).filter((key) => key.startsWith(PREFIX));
  kept
    .map((key) => JSON.parse(storage.getItem(key)))
    .sort((one, other) => one.at - other.at)
    .forEach((message) => {
      if (list.querySelector(`[data-key="${message.id}"]`)) return drop(message.id);
      add(message, "held");
    });
});
