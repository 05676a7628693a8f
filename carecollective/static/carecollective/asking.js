// Asking for help: of the list that says the kind more exactly, only the part of the kind which is chosen, and no list
// where there is none. It runs after app.js, which brings back what was chosen before.

document.querySelectorAll("select[data-within]").forEach((list) => {
  const parts = [...list.querySelectorAll("optgroup")];
  const kinds = [...list.form.querySelectorAll(`[name=${list.dataset.within}]`)];
  const narrow = () => {
    const kind = kinds.find(({ checked }) => checked)?.labels[0].querySelector(".choice-label").textContent;
    const { value } = list;
    parts.forEach((part) => part.remove());
    list.append(...parts.filter(({ label }) => label === kind));
    list.value = value;
    if (list.selectedIndex < 0) list.selectedIndex = 0;
    list.closest(".field").hidden = list.options.length === 1;
  };
  kinds.forEach((kind) => kind.addEventListener("change", narrow));
  narrow();
});
