// What /service-worker.js says when SERVICE_WORKER is off: forget everything and go.

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  const names = (await caches.keys()).filter((name) => name.startsWith("club-"));
  await Promise.all(names.map((name) => caches.delete(name)));
  await self.registration.unregister();
}
