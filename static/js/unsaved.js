// What nobody has saved yet, of a form marked data-unsaved ("yes" where it came back unsaved): the
// browser asks before it leaves it. Fields within data-unkept are looked at and never saved.

for (const form of document.querySelectorAll("form[data-unsaved]")) {
  let isUnsaved = form.dataset.unsaved === "yes";
  let isSending = false;
  const note = (event) => {
    if (!event.target.closest("[data-unkept]")) isUnsaved = true;
  };
  for (const kind of ["input", "change", "htmx:afterSwap"]) {
    form.addEventListener(kind, note);
  }
  form.addEventListener("submit", (event) => {
    const target = event.submitter?.formTarget || form.target;
    if (!target || target === "_self") isSending = true;
  });
  addEventListener("beforeunload", (event) => {
    if (isUnsaved && !isSending) event.preventDefault();
  });
}
