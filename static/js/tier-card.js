// The page of a tier: its card follows the colour and the pattern that are picked, before saving.

const card = document.querySelector("form [data-card]");
const color = document.querySelector("#id_color");
const pattern = document.querySelector("#id_pattern");

if (card && color) {
  let timer;
  const show = () => {
    const picks = new URLSearchParams({ color: color.value, pattern: pattern?.value ?? "" });
    card.src = `${card.dataset.card}&${picks}`;
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, 150);
  };
  color.addEventListener("input", later);
  pattern?.addEventListener("change", later);
  // The list of Select2 tells jQuery alone.
  window.django?.jQuery?.(pattern).on("change", later);
}
