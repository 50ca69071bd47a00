// Tells once that a page was looked at: after it stood in sight for some seconds in all.
// What it sends is signed for this member and this page, so it can't be made up elsewhere.

const ENOUGH = 4000; // milliseconds in sight

const watch = (element) => {
  let seen = 0;
  let since = document.visibilityState === "visible" ? performance.now() : null;
  let timer = null;

  const send = () => {
    document.removeEventListener("visibilitychange", turn);
    const data = new FormData();
    data.set("token", element.dataset.viewToken);
    navigator.sendBeacon(element.dataset.viewUrl, data);
  };
  const begin = () => {
    since = performance.now();
    timer = setTimeout(send, ENOUGH - seen);
  };
  const turn = () => {
    if (document.visibilityState === "visible") {
      begin();
    } else if (since !== null) {
      seen += performance.now() - since;
      since = null;
      clearTimeout(timer);
    }
  };
  document.addEventListener("visibilitychange", turn);
  if (since !== null) begin();
};

if (navigator.sendBeacon) document.querySelectorAll("[data-view-token]").forEach(watch);
