// The press turns the wheel at once; the server draws meanwhile, and the wheel comes to rest where
// it drew. The form's key stands for one spin: sent twice, it brings the same spin again.
// Without this module the form is sent and answered by a page of its own.

const SPEED = 700; // degrees a second
const LANDING = "cubic-bezier(.15, .45, .15, 1)"; // leaves with three times its average speed
const STEEPNESS = 3;
const TRIES = [0, 700, 2000]; // pauses before each, where the connection is lost
const PATIENCE = 8_000; // with an answer that doesn't come, before it is asked for again
const SKIP = ["Enter", " ", "Escape"];

const stage = document.querySelector("[data-wheel]");
const disc = stage?.querySelector("[data-wheel-disc]");
const pointer = stage?.querySelector("[data-wheel-pointer]");
const said = document.querySelector("[data-wheel-said]");
const pegs = (stage?.dataset.pegs ?? "").split(" ").filter(Boolean).map(Number);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const drawn = Number(stage?.dataset.rest ?? 0); // how the server turned it
let turned = 0; // by how much more it is turned since
let isBusy = false;
let skip = null; // ends the turning at once, while there is something to end

const getPlay = () => document.getElementById("wheel-play");
const wrap = (degrees) => ((degrees % 360) + 360) % 360;
const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

if (disc) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-wheel-form]")) return;
    event.preventDefault();
    if (!isBusy) spin(event.target);
  });
  stage.addEventListener("click", () => {
    const form = getPlay()?.querySelector("[data-wheel-form]");
    if (skip) skip();
    // What costs points is pressed on the button that says so.
    else if (form && !isBusy && !form.elements.with_points) form.requestSubmit();
  });
  document.addEventListener("keydown", (event) => {
    if (!skip || !SKIP.includes(event.key)) return;
    event.preventDefault();
    skip();
  });
}

async function spin(form) {
  isBusy = true;
  const button = form.querySelector("button");
  button.setAttribute("aria-disabled", "true");
  form.querySelector("[data-wheel-lost]").hidden = true;
  stage.classList.remove("is-told", "is-won");
  said.textContent = form.dataset.turning;
  const answer = ask(form);
  const motion = calm.matches ? null : setOff();
  let play;
  try {
    play = await answer;
  } catch (address) {
    if (address === location.href) return location.reload(); // where it ends in "#odds", too
    if (typeof address === "string") return location.assign(address);
    await motion?.giveUp();
    const lost = form.querySelector("[data-wheel-lost]");
    lost.hidden = false;
    said.textContent = lost.textContent;
    button.removeAttribute("aria-disabled");
    isBusy = false;
    return;
  }
  // The wheel was changed since it was drawn here: the spin's own page shows the one it was.
  const { version, url } = play.dataset;
  if (url && version !== stage.dataset.version) return location.assign(url);
  if (play.dataset.turn) await (motion?.land(Number(play.dataset.turn)) ?? rest(play.dataset.turn));
  else await motion?.giveUp();
  tell(play);
  isBusy = false;
}

// --- Asking ---------------------------------------------------------------------------------------

// What the server says of the spin, as an element; throws an address where another page answers.
async function ask(form) {
  const body = new FormData(form);
  let failure;
  for (const wait of TRIES) {
    await pause(wait);
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body,
        headers: { "HX-Request": "true", "HX-Target": "wheel-play" },
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (response.status >= 500) throw new Error(response.statusText);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const play = page.getElementById("wheel-play");
      if (!play) throw response.redirected ? response.url : location.href;
      return play;
    } catch (error) {
      if (typeof error === "string") throw error;
      failure = error;
    }
  }
  throw failure;
}

function tell(play) {
  getPlay().replaceWith(play);
  const { slice, win, said: words } = play.dataset;
  if (slice) {
    for (const [at, each] of [...disc.querySelectorAll(".wheel-slice")].entries())
      each.classList.toggle("is-won", at === Number(slice));
    stage.classList.add("is-told");
    stage.classList.toggle("is-won", Boolean(win));
  }
  stage.classList.toggle("can-spin", Boolean(play.querySelector("[data-wheel-form]")));
  said.textContent = words ?? "";
  // The press is gone or another one now: the focus goes on to what comes next.
  play.querySelector("[data-wheel-next]")?.focus({ preventScroll: true });
  play.firstElementChild.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  if (win && !calm.matches) celebrate();
}

// --- Turning --------------------------------------------------------------------------------------

const show = (degrees) => `rotate(${degrees}deg)`;

function rest(target) {
  turned = wrap(Number(target) - drawn);
  disc.style.transform = show(turned);
}

function readAngle() {
  const { a, b } = new DOMMatrix(getComputedStyle(disc).transform);
  return (Math.atan2(b, a) * 180) / Math.PI;
}

// A little back, then off; it goes round until the answer is there.
function setOff() {
  stage.classList.add("is-turning");
  const stopFlapping = flap();
  const seconds = 0.55;
  const start = disc.animate(
    [
      { transform: show(turned), easing: "ease-in-out" },
      { transform: show(turned - 12), offset: 0.35, easing: "cubic-bezier(.33, 0, .67, .33)" },
      { transform: show(turned - 12 + (SPEED * seconds) / 2) },
    ],
    { duration: (seconds * 1000) / 0.65, fill: "forwards" },
  );
  let current = start;
  const cruising = start.finished.then(() => {
    const from = readAngle();
    current = disc.animate([{ transform: show(from) }, { transform: show(from + 360) }], {
      duration: 360_000 / SPEED,
      iterations: Infinity,
    });
    start.cancel();
  });
  const glide = async (target, turns) => {
    await cruising;
    const from = readAngle();
    const way = turns * 360 + wrap(target - drawn - from);
    const landing = disc.animate([{ transform: show(from) }, { transform: show(from + way) }], {
      duration: ((way * STEEPNESS) / SPEED) * 1000,
      easing: LANDING,
      fill: "forwards",
    });
    current.cancel();
    skip = () => landing.finish();
    await landing.finished;
    skip = null;
    rest(target);
    landing.cancel();
    stopFlapping();
    stage.classList.remove("is-turning");
  };
  return { land: (target) => glide(target, 2), giveUp: () => glide(drawn + turned, 1) };
}

// Each peg that passes pushes the pointer aside; it swings back.
function flap() {
  let lean = 0;
  let last = null;
  let frame = requestAnimationFrame(function step() {
    const place = wrap(-(drawn + readAngle()));
    const peg = pegs.filter((each) => each <= place).length;
    if (last !== null && peg !== last) lean = 17;
    last = peg;
    lean *= 0.82;
    pointer.style.transform = show(-lean);
    frame = requestAnimationFrame(step);
  });
  return () => {
    cancelAnimationFrame(frame);
    pointer.animate([{ transform: show(-lean) }, { transform: show(0) }], { duration: 220, easing: "ease-out" });
    pointer.style.transform = "";
  };
}

// --- Confetti -------------------------------------------------------------------------------------

const PAPERS = ["#86324f", "#f2b544", "#2b5f5c", "#f3c3ae", "#2e4b70", "#cfe0cc", "#c96f4a"];

function celebrate() {
  const canvas = document.createElement("canvas");
  canvas.className = "wheel-burst";
  canvas.setAttribute("aria-hidden", "true");
  const sharpness = Math.min(devicePixelRatio, 2);
  canvas.width = innerWidth * sharpness;
  canvas.height = innerHeight * sharpness;
  document.body.append(canvas);
  const pen = canvas.getContext("2d");
  const box = stage.getBoundingClientRect();
  const bits = Array.from({ length: 110 }, (_, at) => {
    const aim = -Math.PI / 2 + (Math.random() - 0.5) * 2.2;
    const push = 300 + Math.random() * 620;
    return {
      x: box.left + box.width / 2,
      y: box.top + box.height * 0.3,
      dx: Math.cos(aim) * push,
      dy: Math.sin(aim) * push,
      turn: Math.random() * 6,
      spin: (Math.random() - 0.5) * 14,
      wide: 5 + Math.random() * 6,
      color: PAPERS[at % PAPERS.length],
    };
  });
  const began = performance.now();
  let before = began;
  requestAnimationFrame(function step(now) {
    const passed = Math.min((now - before) / 1000, 0.05);
    const age = (now - began) / 2600;
    before = now;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const bit of bits) {
      bit.dx *= 0.985;
      bit.dy = bit.dy * 0.985 + 900 * passed;
      bit.x += bit.dx * passed;
      bit.y += bit.dy * passed;
      bit.turn += bit.spin * passed;
      pen.setTransform(sharpness, 0, 0, sharpness, bit.x * sharpness, bit.y * sharpness);
      pen.rotate(bit.turn);
      pen.globalAlpha = Math.max(0, Math.min(1, 3 - 3 * age));
      pen.fillStyle = bit.color;
      pen.fillRect(-bit.wide / 2, -bit.wide * 0.3, bit.wide, bit.wide * 0.6 * Math.abs(Math.cos(bit.turn * 1.7)) + 1);
    }
    if (age < 1) requestAnimationFrame(step);
    else canvas.remove();
  });
}
