// Calmer with scripts, complete without them: every page and every form works when this file never arrives.

import { forget, forgetAll, keep, keepChoice, keeps, member, watch } from "./writing.js";

// --- Where to look first

const first = document.querySelector(".error-summary") ?? document.querySelector(".panel[tabindex]");
first?.focus();

// --- What is written: counted, and kept

// The server says which draft arrived, in a cookie that lives for a minute.
const arrived = document.cookie.match(/(?:^|; )draft_done=([^;]+)/);
if (arrived) {
  forget(`draft:${member}:${decodeURIComponent(arrived[1]).replaceAll('"', "")}:`);
  document.cookie = "draft_done=; Max-Age=0; Path=/; SameSite=Lax";
}

const texts = "form[data-draft] :is(textarea, input[type=text])";
const choices = "form[data-draft] :is(select, input[type=radio], input[type=checkbox])";
if (keeps) {
  document.querySelectorAll(texts).forEach(keep);
  document.querySelectorAll(choices).forEach(keepChoice);
} else if (member) forgetAll();
document.querySelectorAll("form[data-sign-out]").forEach((form) => {
  form.addEventListener("submit", forgetAll);
});

document.querySelectorAll("[data-count-for]").forEach(watch);

// --- Sending once

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sending !== undefined) event.preventDefault();
  form.dataset.sending = "";
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach((form) => delete form.dataset.sending);
});

// --- Small comforts

// Ctrl+Enter or Cmd+Enter sends; Enter alone makes a new line. In a conversation it sends for whoever wants that, but
// never by touch, where there is no Shift for a new line, nor while it only ends a word that is being put together.
const hasKeyboard = matchMedia("(hover: hover) and (pointer: fine)").matches;
const enterSends = document.body.dataset.enterSends !== undefined && hasKeyboard;
document.addEventListener("keydown", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form || event.key !== "Enter" || event.isComposing) return;
  const isPlain = enterSends && form.matches("#composer form") && event.target.matches("textarea");
  if (!(event.ctrlKey || event.metaKey || (isPlain && !event.shiftKey && !event.altKey))) return;
  event.preventDefault();
  form.requestSubmit();
});

document.querySelectorAll("[data-starters-for]").forEach((list) => {
  const field = document.getElementById(list.dataset.startersFor);
  list.querySelectorAll("li").forEach((item) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "starter";
    button.textContent = item.textContent.trim();
    button.addEventListener("click", () => {
      field.value += (field.value && !/\s$/.test(field.value) ? " " : "") + button.textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    });
    item.replaceChildren(button);
  });
});

document.querySelectorAll("input[type=password][data-show]").forEach((field) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-button show-password";
  button.setAttribute("aria-controls", field.id);
  button.textContent = field.dataset.show;
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? field.dataset.hide : field.dataset.show;
  });
  field.after(button);
  field.form.addEventListener("submit", () => (field.type = "password"));
});
