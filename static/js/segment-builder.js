// The builder of segments: each change shows it anew. Lists of choices that were open stay so, and
// what somebody is typing while the answer arrives stays too.

const builder = () => document.getElementById("segment-builder");
const lists = () => [...builder().querySelectorAll("details")];
let open = [];
let typed = null;

document.body.addEventListener("htmx:beforeSwap", () => {
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
