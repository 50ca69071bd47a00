// A postal code fills in the parts of an address; a region and a city bring their own lists.
// Without this module a button does the same by a round trip.

const WAIT = 300; // milliseconds after the last key
const LENGTHS = { JP: [7], CN: [6], TW: [3, 5, 6], US: [5, 9] };
const ASKED = ["postal_code", "region", "city", "district"];

function start(form) {
  let timer = 0;
  let asked = 0;
  const part = (name) => form.querySelector(`[data-part="${name}"]`);
  const valueOf = (name) => part(name)?.value.trim() ?? "";

  async function ask(changed) {
    const turn = (asked += 1);
    const query = new URLSearchParams({ country: form.elements.country.value });
    for (const name of ASKED) query.set(name, valueOf(name));
    if (changed === "place") query.set("place", form.elements.place.value);
    // The rest follows from a code; else the code from the rest.
    if (changed !== "postal_code" && changed !== "place") query.delete("postal_code");
    const response = await fetch(`${form.dataset.lookup}?${query}`);
    if (!response.ok || turn !== asked) return;
    show(await response.json(), changed);
  }

  function show(found, changed) {
    for (const [name, value] of Object.entries(found.values)) {
      const field = part(name);
      if (!field) continue;
      const isOurs = field.dataset.filled !== undefined && field.dataset.filled === field.value;
      if (name === "postal_code" && field.value && !isOurs) continue;
      field.value = value;
      field.dataset.filled = value;
    }
    for (const [name, values] of Object.entries(found.lists)) {
      form.querySelector(`#list-${name}`)?.replaceChildren(
        ...values.map((value) => Object.assign(document.createElement("option"), { value })),
      );
    }
    if (changed === "postal_code") offer(found.places);
    const status = form.querySelector("[data-found]");
    if (status && (changed === "postal_code" || changed === "place" || found.message)) {
      status.textContent = found.message;
    }
  }

  function offer(places) {
    const box = form.querySelector("[data-places]");
    if (!box) return;
    const select = box.querySelector("select");
    select.replaceChildren(new Option("—", ""), ...places.map(([value, text]) => new Option(text, value)));
    box.hidden = places.length === 0;
  }

  function isComplete(code) {
    const lengths = LENGTHS[form.elements.country.value] ?? [];
    return lengths.includes(code.normalize("NFKC").replace(/\D/g, "").length);
  }

  form.addEventListener("input", (event) => {
    const name = event.target.dataset.part ?? event.target.name;
    if (name !== "postal_code" || !isComplete(event.target.value)) return;
    clearTimeout(timer);
    timer = setTimeout(() => ask(name), WAIT);
  });

  form.addEventListener("change", (event) => {
    const name = event.target.dataset.part ?? event.target.name;
    if (name === "place" || name === "region" || name === "city" || name === "district") ask(name);
  });
}

for (const form of document.querySelectorAll("form[data-address]")) start(form);
