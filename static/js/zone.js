// The time zone of this device, suggested where a form asks for one. A field that nobody sees (of
// signing up) takes it as it is, and the server looks at it; a list offers it with a button, and
// the member decides. Without this module the club's own zone holds until somebody chooses.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";

function suggest(select) {
  const option = [...select.options].find((each) => each.value === zone);
  if (!option || select.value === zone || (!select.value && zone === select.dataset.own)) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button is-quiet is-small";
  button.textContent = select.dataset.suggest.replace("…", option.textContent);
  button.addEventListener("click", () => {
    select.value = zone;
    select.focus();
    button.remove();
  });
  select.after(button);
}

for (const field of document.querySelectorAll("[data-zone]")) {
  if (field instanceof HTMLSelectElement) suggest(field);
  else field.value = zone;
}
