// Registers the service worker, tells it who reads, and shows the hint to install where the
// browser offers that. Without it everything works, only not without a network.

const { worker, reader } = document.querySelector("script[data-worker]").dataset;

if ("serviceWorker" in navigator) {
  addEventListener("load", async () => {
    try {
      await navigator.serviceWorker.register(worker, { updateViaCache: "none" });
      navigator.serviceWorker.addEventListener("controllerchange", tell);
      await tell();
    } catch {
      // The browser may refuse, as in a private window.
    }
  });
}

async function tell() {
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ reader, language: document.documentElement.lang });
}

const HINT = "install-hint"; // what was answered, in localStorage
const hint = document.querySelector("[data-install]");

addEventListener("beforeinstallprompt", (offer) => {
  if (!hint) return;
  offer.preventDefault(); // ours is quieter than the browser's own
  if (localStorage.getItem(HINT)) return;
  hint.hidden = false;
  hint.querySelector("[data-install-yes]").onclick = () => close() && offer.prompt();
  hint.querySelector("[data-install-no]").onclick = close;
});

function close() {
  localStorage.setItem(HINT, "answered");
  hint.hidden = true;
  document.getElementById("main").focus({ preventScroll: true });
  return true;
}
