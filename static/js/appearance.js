// Appearance: figures and preview follow the picks. Without this module “Preview” shows them.

const form = document.querySelector("[data-appearance]");

const setUp = () => {
  const figures = form.querySelector("#theme-figures");
  const frame = form.querySelector(".theme-sample");
  const fields = [...form.querySelectorAll("[data-color]")];
  const palettes = new Map();
  let asked = 0;
  let timer;

  const refresh = async () => {
    const mine = ++asked;
    const picks = new URLSearchParams(fields.map((field) => [field.name, field.value]));
    const response = await fetch(`${form.dataset.appearance}?${picks}`);
    if (!response.ok || mine !== asked) return;
    const html = await response.text();
    if (mine !== asked) return;
    figures.innerHTML = html;
    const wanted = figures.querySelector("[data-sample]").dataset.sample;
    if (frame.getAttribute("src") !== wanted) frame.src = wanted;
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 250);
  };

  for (const field of fields) {
    const palette = document.createElement("input");
    palette.type = "color";
    palette.className = "theme-palette";
    palette.value = field.value;
    palette.disabled = field.disabled;
    palette.setAttribute("aria-label", `${field.labels[0].textContent.trim()}: ${form.dataset.palette}`);
    palette.addEventListener("input", () => {
      field.value = palette.value;
      later();
    });
    field.addEventListener("input", () => {
      if (/^#[0-9a-f]{6}$/i.test(field.value)) palette.value = field.value;
      later();
    });
    field.before(palette);
    palettes.set(field.name, palette);
  }

  figures.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=take]");
    if (!button) return;
    event.preventDefault();
    const [name, shade] = button.value.split(":");
    const field = fields.find((each) => each.name === name);
    field.value = shade;
    palettes.get(name).value = shade;
    field.focus();
    refresh();
  });
};

if (form) setUp();
