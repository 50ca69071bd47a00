// A survey's page: numbers on the keyboard press answers, arrows move between them, and the form
// tells how long it was in sight. Without this file every answer is a button all the same.

let visibleSince = document.visibilityState === "visible" ? performance.now() : null;
let visibleFor = 0;

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    visibleSince = performance.now();
  } else if (visibleSince !== null) {
    visibleFor += performance.now() - visibleSince;
    visibleSince = null;
  }
});

function countVisible() {
  return Math.round(visibleFor + (visibleSince === null ? 0 : performance.now() - visibleSince));
}

function tellSeen(form) {
  const field = form.querySelector("input[name=seen]");
  if (field) field.value = String(countVisible());
}

function isTyping(target) {
  return target instanceof HTMLElement && target.matches("textarea, input:not([type=checkbox])");
}

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-survey]")) tellSeen(event.target);
}, true);

document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.matches("[data-survey]")) event.detail.parameters.seen = String(countVisible());
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const form = document.querySelector("form[data-survey]");
  if (!form) return;
  const pressed = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (pressed) {
    event.preventDefault();
    pressed.focus();
    pressed.click();
    return;
  }
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const answers = [...form.querySelectorAll("button.answer")];
  if (!step || !answers.length) return;
  const at = answers.indexOf(document.activeElement);
  const chosen = answers.findIndex((each) => each.classList.contains("is-chosen"));
  const from = at >= 0 ? at : chosen >= 0 ? chosen - step : step > 0 ? -1 : answers.length;
  event.preventDefault();
  answers[Math.min(Math.max(from + step, 0), answers.length - 1)].focus();
});

// The next question came without a new page: it is read out, and begins at its head.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "survey") return;
  const question = event.target.querySelector(".survey-question");
  if (!question) return;
  question.setAttribute("tabindex", "-1");
  question.focus({ preventScroll: true });
  event.target.scrollIntoView({ block: "nearest" });
});
