/*
 * Saves the report of a review as a PNG file, drawn from its SVG.
 *
 * Data: { svg, number }; a report is saved once for each number.
 */

const SCALE = 2; // pixels of the file for one of the drawing
let saved;

export default function mount({ data }) {
  if (!data.svg || data.number === saved) return;
  saved = data.number;
  save(data.svg).catch((error) => console.error("report:", error));
}

async function save(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml;charset=utf-8" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SCALE * image.naturalWidth;
  canvas.height = SCALE * image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  const link = document.createElement("a");
  link.download = "lstm-lens-report.png";
  link.href = canvas.toDataURL("image/png");
  link.click();
}
