// The builder of segments: each change shows it anew. Lists of choices that were open stay so, and
// what somebody is typing while the answer arrives stays too.

const builder = () => document.getElementById("segment-builder");
const lists = () => [...builder().querySelectorAll("details")];
let open = [];
let typed = null;
let pressed = null;
let held = null;
let grown = null;

// What has the focus, so that it has it again: fields by their ids, the rest by what they say.
const describe = (element) => {
  if (!element?.closest?.("#segment-builder")) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.matches("summary")) return `#${CSS.escape(element.parentElement.id)} > summary`;
  if (element.name) {
    const value = element.getAttribute("value") ?? "";
    return `[name="${CSS.escape(element.name)}"][value="${CSS.escape(value)}"]`;
  }
  return null;
};

// The group in which a button was pressed, by the id of its own list: the button itself goes.
const remember = (button) => {
  const own = button?.closest?.(".rules-group");
  const isGroup = own && button.closest(".rules-head");
  const group = isGroup ? own.parentElement.closest(".rules-group") : own;
  const kind = group?.querySelector(":scope > .rules-head select");
  return kind ? { id: kind.id, adds: button.value.startsWith("add-") } : null;
};

// A request that the next change overtakes is no error to write down.
let running = null;
document.body.addEventListener("htmx:beforeRequest", (event) => {
  running = event.detail;
});
document.addEventListener("htmx:abort", () => {
  if (running) running.error = "";
}, true);

document.body.addEventListener("htmx:beforeSwap", (event) => {
  held = describe(document.activeElement);
  const source = event.detail.requestConfig?.elt;
  pressed = source?.matches?.("button[name=act]") ? remember(source) : null;
  // Who goes on from what a rule is about, before its fields are there, gets to the first of them.
  const cause = event.detail.requestConfig?.triggeringEvent?.target;
  const row = cause?.matches?.(".rules-about") && cause.closest(".rules-row");
  const left = row && document.activeElement !== cause && row.contains(document.activeElement);
  grown = left ? cause.id : null;
  const field = document.activeElement;
  typed = field?.matches("#segment-builder input:not([type=checkbox])")
    ? { id: field.id, value: field.value }
    : null;
  open = lists().filter((list) => list.open).map((list) => list.id);
});
document.body.addEventListener("htmx:afterSwap", () => {
  for (const list of lists()) {
    list.open = open.includes(list.id);
  }
  if (grown) {
    const row = document.getElementById(grown)?.closest(".rules-row");
    const next = "select:not(.rules-about), input:not([type=hidden]), summary";
    held = describe(row?.querySelector(next)) ?? held;
  }
  if (!pressed && held && !builder().contains(document.activeElement)) {
    builder().querySelector(held)?.focus();
  }
  if (pressed) {
    const group = document.getElementById(pressed.id)?.closest(".rules-group");
    const last = group?.querySelector(":scope > .rules-list")?.lastElementChild;
    const next = pressed.adds ? last?.querySelector("select") : null;
    (next ?? group?.querySelector(":scope > .rules-add button"))?.focus();
  }
  const field = typed && document.getElementById(typed.id);
  if (field && field.value !== typed.value) {
    field.value = typed.value;
    // The browser doesn't take this for a change.
    const tell = () => field.dispatchEvent(new Event("change", { bubbles: true }));
    field.addEventListener("blur", tell, { once: true });
  }
});

const close = (except) => {
  for (const list of lists()) {
    if (list !== except) {
      list.open = false;
    }
  }
};
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => close(event.target.closest?.("details") ?? null));
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const list = event.target.closest("details[open]");
    close(null);
    list?.querySelector("summary").focus();
  }
});
