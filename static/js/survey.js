// A survey's page: numbers on the keyboard press answers, arrows move between them, what is wrong
// with a typed one is said at once, and the form tells how long it was in sight. Without this file
// every answer is a button all the same.

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

// What is wrong with a typed answer is said beside it, in the page's words: when the field is left
// or sent, and no longer once it is right. The server asks the same.

const NEARLY_FULL = 0.9;

function findFault(field) {
  const { valueMissing, badInput, stepMismatch, rangeUnderflow, rangeOverflow } = field.validity;
  if (badInput || stepMismatch) return field.dataset.wrong;
  if (rangeUnderflow || rangeOverflow) return field.dataset.outside;
  return valueMissing ? field.dataset.missing : "";
}

function say(form, text, isWrong) {
  const said = form.querySelector(".answer-said");
  if (!said) return;
  said.textContent = text || "";
  said.classList.toggle("is-wrong", Boolean(isWrong));
}

function check(field, { isSent = false } = {}) {
  const fault = findFault(field);
  const isWrong = Boolean(fault) && (isSent || !field.validity.valueMissing);
  if (isWrong) {
    field.setAttribute("aria-invalid", "true");
  } else {
    field.removeAttribute("aria-invalid");
  }
  say(field.form, isWrong ? fault : "", isWrong);
}

function isTyped(target) {
  return target.matches?.("[data-survey] .answer-field");
}

document.addEventListener("invalid", (event) => {
  if (!isTyped(event.target)) return;
  event.preventDefault();
  check(event.target, { isSent: true });
  event.target.focus();
}, true);

document.addEventListener("focusout", (event) => {
  if (isTyped(event.target)) check(event.target);
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (isTyped(field)) {
    // Too little may become enough while one types; too much won't.
    const { badInput, rangeOverflow } = field.validity;
    if (badInput || rangeOverflow || field.hasAttribute("aria-invalid")) check(field);
    const most = field.maxLength ?? -1;
    if (most > 0 && !field.hasAttribute("aria-invalid")) {
      const isNear = field.value.length > most * NEARLY_FULL;
      say(field.form, isNear ? `${field.value.length} / ${most}` : "", false);
    }
  } else if (field.matches("[data-survey] fieldset[data-missing] input")) {
    say(field.form, "", false);
  }
});

document.addEventListener("submit", (event) => {
  const many = event.target.querySelector?.("fieldset[data-missing]");
  if (!many || many.querySelector(":checked") || !event.target.matches("[data-survey]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say(event.target, many.dataset.missing, true);
  many.querySelector("input").focus();
}, true);

// The next question came without a new page: it is read out, and begins at its head.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "survey") return;
  const question = event.target.querySelector(".survey-question");
  if (!question) return;
  question.setAttribute("tabindex", "-1");
  question.focus({ preventScroll: true });
  event.target.scrollIntoView({ block: "nearest" });
});
