// Nobody touched the counter for a while: it locks, and keeps what was typed for whoever comes back.
// The server locks by the same clock, with or without this module.

let timer;

function lock() {
  const form = document.getElementById("lock-form");
  if (!form) return;
  window.dispatchEvent(new Event("counter:keep"));
  form.elements.next.value = location.pathname + location.search;
  form.submit();
}

function start() {
  clearTimeout(timer);
  const seconds = Number(document.body.dataset.idle);
  if (seconds) timer = setTimeout(lock, seconds * 1000);
}

for (const kind of ["pointerdown", "keydown", "counter:page"]) window.addEventListener(kind, start);
start();
