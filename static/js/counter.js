// Forms of the counter are sent in the background: the same press again carries the same key, so
// where the connection fails the page keeps what was typed and tries until it is answered.
// Without this module the same forms work as forms do.

const RETRY_FIRST = 1000;
const RETRY_MOST = 15000;
const PATIENCE = 20000;
const offline = () => document.getElementById("offline");

let sending = false;
let stopped = false;

const wait = (milliseconds) =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      window.removeEventListener("counter:stop", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    window.addEventListener("counter:stop", done);
  });

const setBusy = (isBusy) => {
  sending = isBusy;
  const main = document.getElementById("main");
  if (isBusy) main?.setAttribute("aria-busy", "true");
  else main?.removeAttribute("aria-busy");
};

async function ask(url, data) {
  const response = await fetch(url, {
    method: "POST",
    body: data,
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE),
  });
  // A proxy answers so while the club itself can't be reached.
  if (response.status >= 502 && response.status <= 504) throw new Error("unreachable");
  return { response, text: await response.text() };
}

async function send(form, submitter) {
  if (sending) return;
  setBusy(true);
  stopped = false;
  const data = new FormData(form, submitter);
  for (let pause = RETRY_FIRST; !stopped; pause = Math.min(pause * 1.7, RETRY_MOST)) {
    try {
      const answer = await ask(form.action, data);
      offline().hidden = true;
      show(answer, form);
      setBusy(false);
      return;
    } catch {
      offline().hidden = false;
      await wait(pause);
    }
  }
  offline().hidden = true;
  setBusy(false);
}

function show({ response, text }, form) {
  if (response.redirected && new URL(response.url).pathname.endsWith("/switch/")) {
    keep(form);
    location.assign(response.url);
    return;
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = page.getElementById("main");
  if (!main?.matches(".till-main")) {
    location.assign(response.url); // the log-in, or something else that isn't ours
    return;
  }
  if (response.redirected) history.pushState({}, "", response.url);
  document.title = page.title;
  document.body.replaceChildren(...page.body.children);
  document.body.dataset.idle = page.body.dataset.idle ?? "";
  window.scrollTo(0, 0);
  enliven();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-send]") || event.defaultPrevented) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-stop]")) {
    stopped = true;
    window.dispatchEvent(new Event("counter:stop"));
  }
  if (event.target.closest("[data-print]")) window.print();
});

window.addEventListener("popstate", () => location.reload());

// --- What was typed before somebody else had to say who they are --------------------------------

const draftKey = () => `counter-draft:${location.pathname}`;

function keep(form = document.querySelector("[data-draft]")) {
  if (!form?.matches("[data-draft]")) return;
  const entries = [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  sessionStorage.setItem(draftKey(), JSON.stringify(entries));
}

window.addEventListener("counter:keep", () => keep());

function restore() {
  const kept = sessionStorage.getItem(draftKey());
  const form = document.querySelector("[data-draft]");
  if (!kept || !form) return;
  sessionStorage.removeItem(draftKey());
  if (form.dataset.draft === "fill") {
    for (const [name, value] of JSON.parse(kept)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    return;
  }
  // The bill: the server writes its lines again from what was in them.
  form.querySelectorAll("[name]:not([name=csrfmiddlewaretoken])").forEach((field) => {
    if (field.type !== "submit") field.remove();
  });
  for (const [name, value] of JSON.parse(kept)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  send(form);
}

// --- Keys -------------------------------------------------------------------------------------------

// A scanner types wherever the page is: its text goes to the page's field.
document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1;
  const target = document.activeElement;
  if (plain && event.key !== " " && !target?.matches("input, select, textarea, dialog, dialog *")) {
    document.querySelector("#main [data-scan-field], [data-scan-field]")?.focus();
  }
  if (event.key === "Enter" && event.target.matches?.("[data-entry]") && !event.target.value.trim()) {
    const finish = document.querySelector("[data-finish]");
    if (finish) {
      event.preventDefault();
      finish.focus();
    }
  }
});

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[name=price], [name=quantity], [name=points]")) event.target.select();
});

// Changed numbers are reckoned again when the field is left.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches?.("[name=price], [name=quantity], [name=discount], [name=points], [name=credit]")) return;
  const form = field.form;
  if (!form?.matches("[data-send]") || sending) return;
  setTimeout(() => {
    if (!sending && !document.activeElement?.matches("button, [name=price], [name=quantity]")) {
      send(form, form.querySelector("[value=update]"));
    }
  }, 150);
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches?.("[data-pin]") && field.value.length === field.maxLength) field.form.requestSubmit();
});

function enliven() {
  document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));
  document.querySelector("#main [autofocus]")?.focus();
  window.dispatchEvent(new Event("counter:page"));
}

enliven();
restore();
