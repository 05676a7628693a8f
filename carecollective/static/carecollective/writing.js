// What is written in a box: counted the way the server and the database count, and kept on this device.

// --- Counting

// The 29 characters that Python's str.strip() takes; String.trim() knows another list.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, "g");

export function lengthOf(text) {
  return [...text.replaceAll(/\r\n?/g, "\n").normalize("NFC").replaceAll(EDGES, "")].length;
}

const language = document.documentElement.lang || "en";
const plural = new Intl.PluralRules(language);
const number = new Intl.NumberFormat(language === "es" ? "es-US" : language);

export function sentence(count, words) {
  const [one, other] = words.split("|");
  return (plural.select(count) === "one" ? one : other).replace("{n}", number.format(count));
}

export function watch(place) {
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

// --- Keeping: what stands in a box, and what waits to be sent, outlives the page

export const member = document.body.dataset.member;
export const keeps = Boolean(member) && document.body.dataset.sharedComputer === undefined;

export function store(act) {
  try {
    return act(localStorage);
  } catch {
    return null; // storage is full or switched off: the page works without it
  }
}

export function forget(...prefixes) {
  store((storage) => {
    Object.keys(storage)
      .filter((key) => prefixes.some((prefix) => key.startsWith(prefix)))
      .forEach((key) => storage.removeItem(key));
  });
}

export function forgetAll() {
  forget("draft:", "unsent:");
}

const keyOf = (field) => `draft:${member}:${field.form.dataset.draft}:${field.name}`;

/** Keeps what stands in this box, and brings back what was kept. What stands there already gives way where the form
 * says so: it is older. */
export function keep(field) {
  const key = keyOf(field);
  const kept = store((storage) => storage.getItem(key));
  const isOlder = field.form.dataset.draftIsNewer !== undefined && kept !== field.value;
  if (kept && (!field.value || isOlder)) {
    field.value = kept;
    const note = document.createElement("p");
    note.className = "kept";
    note.role = "status";
    field.after(note);
    note.textContent = document.body.dataset.keptWords;
    field.addEventListener("input", () => field.value || note.remove());
  }
  field.addEventListener("input", () => {
    store((storage) => (field.value ? storage.setItem(key, field.value) : storage.removeItem(key)));
  });
  // Another tab with the same box: this one follows as long as it says the same, and never loses words of its own.
  window.addEventListener("storage", (event) => {
    if (event.key !== key || field.value !== (event.oldValue ?? "")) return;
    field.value = event.newValue ?? "";
  });
}

/** The same for what is chosen, in a list or with a tick. */
export function keepChoice(field) {
  const key = keyOf(field);
  const kept = store((storage) => storage.getItem(key));
  const isTick = field.type === "checkbox" || field.type === "radio";
  if (kept !== null && isTick) field.checked = kept === field.value;
  else if (kept !== null && [...field.options].some(({ value }) => value === kept)) field.value = kept;
  field.addEventListener("change", () => {
    store((storage) => storage.setItem(key, isTick && !field.checked ? "" : field.value));
  });
}
