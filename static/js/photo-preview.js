// Small pictures of the files that were chosen, drawn here: nothing leaves the machine before the
// form does. Without this module the browser names the files, and nothing else changes.

const MOST = 4;
const SIDE = 320;

const draw = async (file) => {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = SIDE / Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const [width, height] = [picture.width * scale, picture.height * scale];
  canvas.getContext("2d").drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
  picture.close();
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", file.name);
  return canvas;
};

for (const input of document.querySelectorAll("input[data-photo-preview]")) {
  const list = document.getElementById(input.dataset.photoPreview);
  let turn = 0;
  input.addEventListener("change", async () => {
    turn += 1;
    const mine = turn;
    const drawn = await Promise.allSettled([...input.files].slice(0, MOST).map(draw));
    if (mine !== turn) return; // other files were chosen meanwhile
    const rows = drawn
      .filter((each) => each.status === "fulfilled")
      .map((each) => {
        const row = document.createElement("li");
        row.append(each.value);
        return row;
      });
    list.replaceChildren(...rows);
    list.hidden = !rows.length;
  });
}
