// The builder of segments: each change shows the page anew; lists of choices that were open stay so.

const builder = () => document.getElementById("segment-builder");
const lists = () => [...builder().querySelectorAll("details")];
let open = [];

document.body.addEventListener("htmx:beforeSwap", () => {
  open = lists().filter((list) => list.open).map((list) => list.id);
});
document.body.addEventListener("htmx:afterSwap", () => {
  for (const list of lists()) {
    list.open = open.includes(list.id);
  }
});

const close = (except) => {
  for (const list of lists()) {
    if (list !== except) {
      list.open = false;
    }
  }
};
document.addEventListener("click", (event) => close(event.target.closest("details")));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const list = event.target.closest("details[open]");
    close(null);
    list?.querySelector("summary").focus();
  }
});
