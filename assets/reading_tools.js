/*
 * What stands around the live page's chart (reading.js): its data as tables, link and PNG file.
 */

/* The chart's data as tables, for those who do not see it; made while the fold is open. */
function fillTable(fold, data) {
  if (!fold.open) return;
  const { units, parts, unitWords } = data;
  const what = data.raw ? "hidden state" : "effect";
  const words = unitWords.length ? [`words that raise its ${what} (times read)`, `words that lower it (times read)`] : [];
  const rows = units.map((unit, row) => {
    const part = parts.length ? [signed(parts[row], 4)] : [];
    return [unit, ...part, ...(unitWords[unit]?.slice(1).map(counted) ?? [])];
  });
  const total = parts.length ? ["part of the final logit"] : [];
  const steps = data.names.map((word, at) => [
    word, data.where[at], data.percents[at], signed(data.contributions[at], 4), signed(data.logits[at], 4),
  ]);
  fold.querySelector(".data").replaceChildren(
    table("The units", ["unit", ...total, ...words], rows),
    table("The words", ["word", "where", "so far", "added to the logit", "logit"], steps),
  );
}

function table(name, heads, rows) {
  const made = document.createElement("table");
  made.createCaption().textContent = name;
  for (const cells of [heads, ...rows]) {
    const row = made.insertRow();
    for (const cell of cells) {
      const element = row.appendChild(document.createElement(cells === heads ? "th" : "td"));
      element.textContent = cell;
    }
  }
  return made;
}

/* The picture as a PNG file, with its title above and its caption below. */
function savePicture(picture, caption) {
  const scale = window.devicePixelRatio || 1;
  const page = document.createElement("canvas");
  const pen = page.getContext("2d");
  const lines = (text, font) => {
    pen.font = font;
    const found = [""];
    for (const word of text.split(/\s+/)) {
      const longer = `${found.at(-1)} ${word}`.trim();
      if (pen.measureText(longer).width < picture.canvas.width - 16 * scale) found[found.length - 1] = longer;
      else found.push(word);
    }
    return found;
  };
  const [bold, plain] = [`650 ${18 * scale}px ${picture.font}`, `400 ${12 * scale}px ${picture.font}`];
  const [above, below] = [lines(picture.data.title, bold), lines(caption, plain)];
  const top = (26 * above.length + 8) * scale;
  page.width = picture.canvas.width;
  page.height = top + picture.canvas.height + (18 * below.length + 12) * scale;
  pen.fillStyle = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
  pen.fillRect(0, 0, page.width, page.height);
  pen.drawImage(picture.canvas, 0, top);
  pen.fillStyle = picture.ink;
  pen.font = bold;
  above.forEach((line, at) => pen.fillText(line, 8 * scale, 26 * scale * (at + 1)));
  pen.font = plain;
  below.forEach((line, at) => pen.fillText(line, 8 * scale, top + picture.canvas.height + 18 * scale * (at + 1)));
  const link = document.createElement("a");
  link.download = "lstm-lens-review.png";
  link.href = page.toDataURL("image/png");
  link.click();
}

function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/* On a narrow screen one chart is shown at a time; see style.css. */
function choosePanel(root, panels, chosen) {
  root.closest(".st-key-live-parts")?.setAttribute("data-panel", chosen.dataset.panel);
  for (const panel of panels) panel.setAttribute("aria-pressed", String(panel === chosen));
}

async function copyLink(done) {
  try {
    await navigator.clipboard.writeText(location.href);
    done.textContent = "Link copied";
  } catch {
    done.textContent = "This browser does not copy: take the link from the address bar";
  }
}
