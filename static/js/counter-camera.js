// The camera as a scanner. Browsers that read codes themselves do so; for others the server reads
// small grey pictures. Where there is no camera, or it is refused, the field remains.

const FORMATS = ["qr_code", "ean_13", "ean_8", "code_128", "code_39"];
const PAUSE = 300;
const WIDTH = 480;

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));

async function makeReader() {
  if ("BarcodeDetector" in window) {
    const known = await window.BarcodeDetector.getSupportedFormats();
    if (known.includes("qr_code")) {
      const detector = new window.BarcodeDetector({
        formats: FORMATS.filter((format) => known.includes(format)),
      });
      return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
    }
  }
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (video) => askServer(video, canvas, context);
}

async function askServer(video, canvas, context) {
  const { videoWidth, videoHeight } = video;
  if (!videoWidth) return "";
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * videoHeight) / videoWidth);
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const grey = new Uint8Array(data.length / 4);
  for (let at = 0; at < grey.length; at += 1) {
    grey[at] = (data[at * 4] * 77 + data[at * 4 + 1] * 150 + data[at * 4 + 2] * 29) >> 8;
  }
  const dialog = document.getElementById("camera");
  const response = await fetch(`${dialog.dataset.url}?width=${WIDTH}`, {
    method: "POST",
    body: grey,
    headers: {
      "Content-Type": "application/octet-stream",
      "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
    },
  });
  return response.ok ? (await response.json()).text : "";
}

async function open(field) {
  const dialog = document.getElementById("camera");
  const video = dialog.querySelector("video");
  const hint = dialog.querySelector("[role=status]");
  let stream;
  const stop = () => stream?.getTracks().forEach((track) => track.stop());
  hint.textContent = hint.dataset.hint;
  dialog.showModal();
  dialog.addEventListener("close", stop, { once: true });
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    hint.textContent = hint.dataset.denied;
    return;
  }
  if (!dialog.open) return stop();
  video.srcObject = stream;
  await video.play();
  const read = await makeReader();
  while (dialog.open) {
    const text = await read(video).catch(() => "");
    if (text && dialog.open) {
      dialog.close();
      field.value = text;
      field.form.requestSubmit();
      return;
    }
    await pause();
  }
}

function offer() {
  if (!navigator.mediaDevices?.getUserMedia) return;
  document.querySelectorAll("[data-camera]").forEach((button) => (button.hidden = false));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-camera]");
  if (button) open(document.getElementById(button.dataset.camera));
  if (event.target.closest("#camera [data-close]")) document.getElementById("camera").close();
});

window.addEventListener("counter:page", offer);
offer();
