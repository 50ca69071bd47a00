// The service worker of /service-worker.js, which begins with `const CLUB = {…}`.
// Pages come from the network alone, so that no balance is ever old; without one, the card that
// was kept. Files whose names change with their content come from the cache.

const CACHE = `club-${CLUB.version}`;
const FRESH = 60 * 60 * 1000; // so long a kept card isn't asked for again

const open = () => caches.open(CACHE);
const find = (address) => caches.match(address, { ignoreVary: true });
const isOfCard = (path) => path.startsWith("/card/");

// One after the other: a card that is on its way when somebody logs out is gone afterwards.
let last = Promise.resolve();
const inTurn = (act) => (last = last.then(act, act));

self.addEventListener("install", (event) => event.waitUntil(prepare()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => event.waitUntil(inTurn(() => keep(event.data)).catch(() => {})));
self.addEventListener("fetch", answer);

async function prepare() {
  const cache = await open();
  await cache.addAll([CLUB.offline, ...CLUB.shell]);
  await self.skipWaiting();
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith("club-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

function answer(event) {
  const { method, mode, url } = event.request;
  const { origin, pathname, search } = new URL(url);
  if (origin !== location.origin) return;
  if (method === "POST" && pathname.endsWith("/logout/")) event.waitUntil(inTurn(forget));
  if (method !== "GET") return;
  if (CLUB.shell.includes(pathname + search) || (isOfCard(pathname) && pathname.endsWith(".svg"))) {
    event.respondWith(find(pathname + search).then((kept) => kept ?? fetch(event.request)));
  } else if (mode === "navigate" && !CLUB.apart.some((path) => pathname.startsWith(path))) {
    event.respondWith(fetch(event.request).catch(showOffline));
  }
}

async function showOffline() {
  return (await find(CLUB.card)) ?? (await find(CLUB.offline)) ?? Response.error();
}

// A page says who reads it, and in which language; nobody's card is kept for somebody else.
async function keep({ reader, language }) {
  const cache = await open();
  const card = await cache.match(CLUB.card, { ignoreVary: true });
  const page = await cache.match(CLUB.offline, { ignoreVary: true });
  if (card && card.headers.get("X-Reader") !== reader) await forget();
  if (page?.headers.get("Content-Language") !== language) await cache.add(CLUB.offline);
  if (!reader || isFresh(card, reader, language)) return;
  const answer = await fetch(CLUB.card, { cache: "no-store" });
  if (!answer.ok || answer.redirected || answer.headers.get("X-Reader") !== reader) return forget();
  await cache.add(answer.headers.get("X-Card-Code"));
  await cache.put(CLUB.card, answer);
}

const isFresh = (card, reader, language) =>
  card?.headers.get("X-Reader") === reader &&
  card.headers.get("Content-Language") === language &&
  Date.now() - Date.parse(card.headers.get("Date")) < FRESH;

async function forget() {
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const kept of await cache.keys()) {
      if (isOfCard(new URL(kept.url).pathname)) await cache.delete(kept, { ignoreVary: true });
    }
  }
}
