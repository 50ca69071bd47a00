// The editor of a mailing's words: one language at a time, snippets where the cursor stands, and a
// preview that follows the typing. Without it everything stands on the page, and works by buttons.

const form = document.getElementById("words");
const languages = [...form.querySelectorAll("[data-language]")];
const chosen = form.elements.language;
const show = form.querySelector("[data-preview]");
let typing = form.querySelector("[data-words=body]");

// --- Languages
const tabs = document.createElement("div");
tabs.className = "words-tabs";
const choose = (code) => {
  for (const each of languages) {
    each.hidden = each.dataset.language !== code;
  }
  for (const tab of tabs.children) {
    tab.setAttribute("aria-pressed", String(tab.value === code));
  }
  typing = form.querySelector(`[data-language="${code}"] [data-words=body]`);
};
for (const each of languages) {
  const tab = document.createElement("button");
  tab.type = "button";
  tab.value = each.dataset.language;
  const body = each.querySelector("[data-words=body]");
  const legend = each.querySelector("legend");
  const name = () => {
    tab.textContent = body.value.trim() ? legend.textContent : `${legend.textContent} –`;
  };
  body.addEventListener("input", name);
  name();
  tab.addEventListener("click", () => {
    choose(tab.value);
    chosen.value = tab.value;
    look();
  });
  tabs.append(tab);
}
languages[0].before(tabs);
// On to the next language from where one stops typing, without the way back to the tabs.
for (const [place, each] of languages.entries()) {
  const next = languages[place + 1];
  if (!next) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "words-next";
  button.textContent = `${next.querySelector("legend").textContent} →`;
  button.addEventListener("click", () => {
    choose(next.dataset.language);
    chosen.value = next.dataset.language;
    next.querySelector("[data-words]").focus();
    look();
  });
  each.append(button);
}
const wrong = languages.find((each) => each.querySelector(".errorlist"));
const asked = languages.find((each) => each.dataset.language === chosen.value);
const first = (wrong ?? asked ?? languages[0]).dataset.language;

// --- Snippets
form.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-words]")) {
    typing = event.target;
  }
});
for (const button of form.querySelectorAll("[data-snippet]")) {
  button.addEventListener("click", () => {
    const isBlock = "block" in button.dataset;
    const field = isBlock && typing.dataset.words !== "body"
      ? typing.closest("[data-language]").querySelector("[data-words=body]")
      : typing;
    const before = field.value.slice(0, field.selectionStart);
    const lead = isBlock && before && !before.endsWith("\n\n") ? "\n\n" : "";
    const snippet = lead + button.dataset.snippet + (isBlock ? "\n" : "");
    field.setRangeText(snippet, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// --- Preview
let waiting;
const look = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => form.requestSubmit(show), 600);
};
form.addEventListener("input", look);
chosen.addEventListener("change", () => choose(chosen.value));
choose(first);
chosen.value = first;
look();
