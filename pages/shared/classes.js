/* Classes and their photos in a component's script: names that people take for the same, and small pictures. After sending.js. */

const tidy = (name) => name.normalize("NFC").trim().replace(/\s+/g, " ");
const sameName = (one, other) => tidy(one).toLowerCase() === tidy(other).toLowerCase();
const photos = (count) => `${number(count)} ${count === 1 ? "photo" : "photos"}`;

/** The middle square of a photo on a square canvas, as the network will see it. Fails for what this browser cannot show. */
async function paintSquare(canvas, file) {
  const { width } = canvas;
  const bitmap = await createImageBitmap(file, { resizeWidth: 2 * width, resizeQuality: "medium" });
  const side = Math.min(bitmap.width, bitmap.height);
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  canvas.getContext("2d").drawImage(bitmap, left, top, side, side, 0, 0, width, width);
  bitmap.close();
}
