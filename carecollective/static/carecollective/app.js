// Calmer with scripts, complete without them: every page and every form works when this file never arrives.

const member = document.body.dataset.member;
const keepsDrafts = Boolean(member) && document.body.dataset.sharedComputer === undefined;

// --- Where to look first -------------------------------------------------------------------------------------------

const first = document.querySelector(".error-summary") ?? document.querySelector(".panel[tabindex]");
first?.focus();

// --- Counting, the way the server and the database count -------------------------------------------------------------

// The 29 characters that Python's str.strip() takes; String.trim() knows another list.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, "g");

function lengthOf(text) {
  return [...text.replace(/\r\n?/g, "\n").normalize("NFC").replace(EDGES, "")].length;
}

const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const number = new Intl.NumberFormat(language === "es" ? "es-US" : language);

function sentence(count, words) {
  const [one, other] = words.split("|");
  return (plural.select(count) === "one" ? one : other).replace("{n}", number.format(count));
}

function watch(place) {
  const field = document.getElementById(place.dataset.countFor);
  if (!field) return;
  const { minimum, maximum, from, left, over, under } = place.dataset;
  const shown = place.querySelector(".count-shown");
  const spoken = place.querySelector(".count-spoken");
  const still = shown.textContent;
  let pause;

  const say = (rested) => {
    const length = lengthOf(field.value);
    const room = Number(maximum) - length;
    let words = "";
    if (room < 0) words = sentence(-room, over);
    else if (length > 0 && length < Number(minimum)) words = rested ? sentence(Number(minimum) - length, under) : still;
    else if (length >= Number(from)) words = sentence(room, left);
    else words = still;
    place.classList.toggle("is-over", room < 0);
    shown.textContent = words;
    if (rested && words !== still) spoken.textContent = words;
  };

  field.removeAttribute("maxlength");
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(say, 1000, true);
    say(false);
  });
  if (field.value) say(true);
  spoken.textContent = "";
}

// --- Drafts: nothing written is lost ---------------------------------------------------------------------------------

function keyOf(field) {
  return `draft:${member}:${field.form.dataset.draft}:${field.name}`;
}

function store(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // storage is full or switched off: the page works without it
  }
}

function forget(prefix) {
  store((storage) => {
    Object.keys(storage)
      .filter((key) => key.startsWith(prefix))
      .forEach((key) => storage.removeItem(key));
  });
}

function keep(field) {
  const key = keyOf(field);
  const kept = store((storage) => storage.getItem(key));
  if (kept && !field.value) {
    field.value = kept;
    const note = document.createElement("p");
    note.className = "kept";
    note.role = "status";
    field.after(note);
    note.textContent = document.body.dataset.keptWords;
  }
  field.addEventListener("input", () => {
    store((storage) => (field.value ? storage.setItem(key, field.value) : storage.removeItem(key)));
  });
}

// The server says which draft arrived, in a cookie that lives for a minute.
const arrived = document.cookie.match(/(?:^|; )draft_done=([^;]+)/);
if (arrived) {
  forget(`draft:${member}:${decodeURIComponent(arrived[1]).replaceAll('"', "")}:`);
  document.cookie = "draft_done=; Max-Age=0; Path=/; SameSite=Lax";
}

const texts = "form[data-draft] :is(textarea, input[type=text])";
if (keepsDrafts) document.querySelectorAll(texts).forEach(keep);
else if (member) forget("draft:");
document.querySelectorAll("form[data-sign-out]").forEach((form) => {
  form.addEventListener("submit", () => forget("draft:"));
});

document.querySelectorAll("[data-count-for]").forEach(watch);

// --- Sending once ----------------------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sending !== undefined) event.preventDefault();
  form.dataset.sending = "";
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach((form) => delete form.dataset.sending);
});

// --- Small comforts --------------------------------------------------------------------------------------------------

// Ctrl+Enter or Cmd+Enter sends; Enter alone makes a new line, on every device.
document.querySelectorAll("form[data-draft]").forEach((form) => {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
});

document.querySelectorAll("[data-starters-for]").forEach((list) => {
  const field = document.getElementById(list.dataset.startersFor);
  list.querySelectorAll("li").forEach((item) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "starter";
    button.textContent = item.textContent;
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
