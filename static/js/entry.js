// A row of the statement opens its explanation below itself, and closes it again.
// Without this module, and without htmx, the same link leads to the entry's own page.

const panelOf = (link) => document.getElementById(link.getAttribute("aria-controls"));

const mark = (link, isOpen) => link.setAttribute("aria-expanded", String(isOpen));

document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target;
  if (!(link instanceof HTMLElement) || !link.matches("[data-entry]")) return;
  const panel = panelOf(link);
  if (panel.childElementCount) {
    event.preventDefault();
    panel.replaceChildren();
    mark(link, false);
  }
});

document.addEventListener("htmx:afterSwap", (event) => {
  const link = document.querySelector(`[data-entry][aria-controls="${CSS.escape(event.target.id)}"]`);
  if (link) mark(link, true);
});

// After turning a page or filtering, the reader starts at the top of the new list.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.boosted) document.getElementById("main")?.focus({ preventScroll: true });
});
