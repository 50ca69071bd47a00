// The balance counts from what this tab last showed to what it is now, so that a change is seen.
// Who asks for less motion, or has no JavaScript, sees the number as it is.

const MILLISECONDS = 900;
const number = document.querySelector("[data-count]");

if (number && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
  const target = Number(number.dataset.count);
  const last = Number(sessionStorage.getItem("balance") ?? 0);
  sessionStorage.setItem("balance", String(target));
  if (last !== target) count(number, last, target);
}

function count(element, from, to) {
  const exact = element.textContent;
  const format = new Intl.NumberFormat(document.documentElement.lang);
  element.style.minInlineSize = `${element.getBoundingClientRect().width}px`; // nothing beside it moves
  const began = performance.now();
  requestAnimationFrame(function step(now) {
    const part = Math.min((now - began) / MILLISECONDS, 1);
    const eased = 1 - (1 - part) ** 4;
    element.textContent = part < 1 ? format.format(Math.round(from + (to - from) * eased)) : exact;
    if (part < 1) requestAnimationFrame(step);
  });
}
