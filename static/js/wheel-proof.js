// A day of a wheel computed again by the reader's own browser, from the public log.
// The recipe stands in words on the wheel's fairness page and in verify_wheel.py.

const SPAN = 1n << 64n;
const place = document.querySelector("[data-proof]");

if (place && crypto.subtle) {
  place.hidden = false;
  place.querySelector("button").addEventListener("click", check);
}

async function check() {
  const { working, failed } = place.dataset;
  say(working);
  try {
    const response = await fetch(place.dataset.proof);
    if (!response.ok) throw new Error(response.statusText);
    const [words, isRight] = await judge(await response.json());
    say(words, isRight);
  } catch {
    say(failed, false);
  }
}

function say(words, isRight) {
  const line = place.querySelector("[role=status]");
  line.textContent = words;
  line.classList.toggle("is-good", isRight === true);
  line.classList.toggle("is-bad", isRight === false);
}

async function judge(log) {
  const { right, wrong, misfit } = place.dataset;
  const seed = readHex(log.seed);
  if (toHex(await crypto.subtle.digest("SHA-256", seed)) !== log.seed_hash) return [misfit, false];
  const key = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const versions = new Map(log.versions.map((each) => [each.version, each.slices]));
  const hits = new Map();
  const odd = [];
  for (const each of log.draws) {
    const slices = versions.get(each.version);
    const place = await draw(key, slices, each);
    if (place !== each.slice || !isPaidRight(each, slices[place - 1], hits)) odd.push(each.number);
  }
  if (odd.length) return [wrong.replace("{numbers}", odd.join(", ")), false];
  return [right.replace("{count}", log.draws.length.toLocaleString(document.documentElement.lang)), true];
}

// The place of the slice, counted from one.
async function draw(key, slices, { version, player, counter }) {
  const total = slices.reduce((sum, each) => sum + BigInt(each.weight), 0n);
  const limit = SPAN - (SPAN % total);
  const message = `${version}:${player}:${counter}`;
  let number;
  for (let attempt = 0; number === undefined || number >= limit; attempt += 1) {
    const text = new TextEncoder().encode(attempt ? `${message}:${attempt}` : message);
    number = new DataView(await crypto.subtle.sign("HMAC", key, text)).getBigUint64(0);
  }
  let rest = number % total;
  return 1 + slices.findIndex((each) => {
    if (rest < BigInt(each.weight)) return true;
    rest -= BigInt(each.weight);
    return false;
  });
}

// The first so many draws of a slice pay its prize, and their numbers leave no gap.
function isPaidRight(each, { stock }, hits) {
  if (stock === null) return each.stock_event === null && each.paid === "prize";
  const counted = `${each.version}:${each.slice}`;
  const before = hits.get(counted);
  hits.set(counted, each.stock_event);
  const isNext = before === undefined || each.stock_event === before + 1;
  return isNext && each.paid === (each.stock_event > stock ? "substitute" : "prize");
}

const readHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const toHex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
