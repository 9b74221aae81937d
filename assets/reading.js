/*
 * The running verdict over the words and, on the same columns, every unit's effect on it, painted
 * on one canvas: the page does it at every letter typed. A click pins a word, a unit or both; with
 * the keyboard the arrow keys move and Enter pins.
 *
 * Data: see `ReadingPicture.data` in lstm_core/figures/live.py. Colours are the app's two
 * scales; ink and font are those of the page's theme. Words are painted or set as text, never markup.
 */

const NARROW = 640; // pixels of width under which the rows have no room for their parts
const LEFT = { narrow: 46, wide: 104 }; // pixels: the numbers of the axes
const RIGHT = 10;
const HEAD = 34; // two lines above each panel
const LINE = 78;
const STATES = 176; // at least
const LEAST_ROW = 4;
const LABEL = 12; // pixels of height that the name of a row needs
const NAMED = 3; // rows named at either end
const WORDS = 62;
const SMALL = 11; // pixels of the axes' font
const WORD_STEP = 13; // pixels a slanted word needs
const SLANT = -Math.PI / 3;
const FAINT = "rgba(128, 128, 128, 0.3)";
const MARK = "rgba(128, 128, 128, 0.9)";

const pictures = new WeakMap();
let clicks = 0;

export default function mount(component) {
  const root = component.parentElement;
  let picture = pictures.get(root);
  if (!picture?.canvas.isConnected) {
    picture = new Picture(root);
    pictures.set(root, picture);
  }
  picture.pin = (chosen) => {
    if (!component.data.pins) return;
    clicks += 1; // so that a second click on the same place is told, too
    component.setStateValue("pinned", { ...chosen, text: component.data.stamp, clicks });
  };
  picture.show(component.data);
  return () => picture.leave();
}

class Picture {
  constructor(root) {
    this.title = root.querySelector("h2");
    this.caption = root.querySelector(".lens-caption");
    this.figure = root.querySelector(".lens-picture");
    this.canvas = root.querySelector("canvas");
    this.tip = root.querySelector(".lens-tip");
    this.pen = this.canvas.getContext("2d");
    this.drawn = 0;
    this.values = []; // (S, D)
    this.resizing = new ResizeObserver(() => this.figure.clientWidth !== this.width && this.draw());
    this.resizing.observe(this.figure);
    this.canvas.onpointermove = this.canvas.onpointerdown = (event) => this.point(event);
    this.canvas.onpointerleave = () => this.unpoint();
    this.canvas.onclick = (event) => this.choose(this.at(event));
    this.figure.onkeydown = (event) => this.press(event);
    this.figure.onblur = () => this.unpoint();
    const part = (name) => root.querySelector(name);
    part(".lens-copy").onclick = () => copyLink(part(".lens-done"));
    const panels = [...root.querySelectorAll(".lens-panels button")];
    for (const panel of panels) panel.onclick = () => choosePanel(root, panels, panel);
    part(".lens-png").onclick = () => this.save(part(".lens-caption").textContent);
  }

  show(data) {
    if (data.states !== this.data?.states || data.raw !== this.data.raw) this.cells = undefined;
    this.data = data;
    this.title.textContent = data.title;
    this.caption.textContent = data.caption;
    this.figure.setAttribute("aria-label", data.says);
    this.hovered = this.hovered && this.hovered.column < data.labels.length ? this.hovered : undefined;
    if (this.pointer) this.point(this.pointer);
    this.draw();
  }

  leave() {
    if (!this.canvas.isConnected) this.resizing.disconnect();
  }

  /* Where things stand, in pixels of the page. */
  measure() {
    const { data } = this;
    this.width = this.figure.clientWidth;
    this.columns = data.labels.length;
    this.narrow = this.width < NARROW;
    this.left = this.narrow ? LEFT.narrow : LEFT.wide;
    this.step = (this.width - this.left - RIGHT) / this.columns;
    this.lineTop = HEAD;
    this.statesTop = HEAD + LINE + HEAD;
    this.states = Math.max(STATES, LEAST_ROW * data.units.length);
    this.bottom = this.statesTop + this.states;
    this.rowHeight = this.states / data.units.length;
    this.across = (column) => this.left + (column + 0.5) * this.step;
    this.up = (value) => this.lineTop + (1 - value) * LINE;
  }

  draw() {
    if (!this.data || !this.figure.clientWidth) return;
    this.measure();
    const style = getComputedStyle(this.figure);
    this.ink = style.color;
    this.font = style.fontFamily;
    const scale = window.devicePixelRatio || 1;
    const height = this.bottom + WORDS;
    const [wide, high] = [Math.round(this.width * scale), Math.round(height * scale)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
      this.canvas.style.height = `${height}px`;
    }
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
    this.pen.clearRect(0, 0, this.width, height);
    this.drawAxes();
    this.drawStates();
    this.drawWords();
    this.drawLine();
    this.drawTurning();
    this.drawMarks();
    // For those who wait for the picture or ask what is on it.
    this.figure.dataset.columns = this.columns;
    this.figure.dataset.framed = this.data.column ?? "";
    this.figure.dataset.row = this.data.row ?? "";
    this.figure.dataset.drawn = ++this.drawn;
  }

  text(text, x, y, { size = SMALL, align = "left", weight = 400, colour = this.ink } = {}) {
    this.pen.font = `${weight} ${size}px ${this.font}`;
    this.pen.textAlign = align;
    this.pen.fillStyle = colour;
    this.pen.fillText(text, x, y);
    return this.pen.measureText(text).width;
  }

  stroke(points, { colour = MARK, width = 1, dash = [] } = {}) {
    this.pen.beginPath();
    points.forEach(([x, y]) => this.pen.lineTo(x, y));
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = width;
    this.pen.setLineDash(dash);
    this.pen.stroke();
    this.pen.setLineDash([]);
  }

  drawAxes() {
    this.pen.textBaseline = "alphabetic";
    const head = (bold, rest, says, top) => {
      const wide = this.text(bold, 2, top - 22, { size: 12, weight: 650 });
      this.text(rest, 2 + wide, top - 22, { size: 12 });
      this.text(says, 2, top - 10, { size: 12 });
    };
    const { raw, stored, statesTitle } = this.data;
    head("Running probability", ": P(positive) so far", "circles: crossings of 50\u00a0%", this.lineTop);
    const order = stored ? "in stored order" : "sorted by their part in this prediction";
    if (raw) head("Hidden state h", `: one row per unit, ${order}`, statesTitle, this.statesTop);
    else head("Effect of each unit", `: h × output weight, ${order}`, statesTitle, this.statesTop);
    this.pen.textBaseline = "middle";
    const right = this.width - RIGHT;
    for (const value of [0, 0.5, 1]) {
      const y = this.up(value);
      this.stroke([[this.left, y], [right, y]], value === 0.5 ? { dash: [2, 2] } : { colour: FAINT });
      this.text(`${100 * value}\u00a0%`, this.left - 5, y, { size: 10, align: "right" });
    }
    for (const row of this.namedRows()) {
      const y = this.statesTop + (row + 0.5) * this.rowHeight;
      const part = this.narrow || !this.data.parts.length ? "" : ` ${signed(this.data.parts[row], 2)}`;
      this.text(`unit ${this.data.units[row]}${part}`, this.left - 5, y, { size: 10, align: "right" });
    }
  }

  /* The rows at either end, the pinned one, and in the stored order some between. */
  namedRows() {
    const { units, row, stored } = this.data;
    const every = Math.ceil(LABEL / this.rowHeight);
    const most = Math.floor((units.length - 1) / every);
    const ends = Array.from({ length: most + 1 }, (_, at) => at * every);
    const named = stored ? ends : [];
    for (let at = 0; !stored && at < NAMED && 2 * at <= most; at += 1)
      named.push(at * every, units.length - 1 - at * every);
    const free = named.filter((one) => row === null || Math.abs(one - row) >= every);
    return new Set(row === null ? free : [...free, row]);
  }

  /* One pixel a value on a small canvas, then enlarged without smoothing. */
  drawStates() {
    const { positive, negative, limit } = this.data;
    const units = this.data.units.length;
    if (!this.cells) {
      const bytes = Uint8Array.from(atob(this.data.states), (sign) => sign.charCodeAt(0));
      this.values = new Float32Array(bytes.buffer); // (S, D)
      this.cells = document.createElement("canvas");
      this.cells.width = this.columns;
      this.cells.height = units;
      const pen = this.cells.getContext("2d");
      const image = pen.createImageData(this.columns, units);
      this.values.forEach((value, at) => {
        const colour = value < 0 ? negative : positive;
        const pixel = 4 * ((at % units) * this.columns + Math.floor(at / units));
        image.data.set(colour, pixel);
        image.data[pixel + 3] = Math.round(255 * Math.min(1, Math.abs(value) / limit));
      });
      pen.putImageData(image, 0, 0);
    }
    this.pen.imageSmoothingEnabled = false;
    const across = this.columns * this.step;
    this.pen.drawImage(this.cells, this.left, this.statesTop, across, this.states);
  }

  /* Words under their columns, thinned where there is no room. */
  drawWords() {
    const every = Math.max(1, Math.ceil(WORD_STEP / this.step));
    for (let column = 0; column < this.columns; column += every) {
      this.pen.save();
      this.pen.translate(this.across(column), this.bottom + 6);
      this.pen.rotate(SLANT);
      this.text(this.data.labels[column], 0, 0, { align: "right" });
      this.pen.restore();
    }
  }

  drawLine() {
    const { probability } = this.data;
    const points = probability.flatMap((value, column) => [
      [this.left + column * this.step, this.up(value)],
      [this.left + (column + 1) * this.step, this.up(value)],
    ]);
    this.stroke(points, { width: 2 });
    const radius = Math.min(3, this.step / 2.5);
    probability.forEach((value, column) => {
      this.pen.beginPath();
      this.pen.arc(this.across(column), this.up(value), radius, 0, 2 * Math.PI);
      this.pen.fillStyle = this.lean(value);
      this.pen.fill();
    });
  }

  /* From the negative colour over grey to the positive one. */
  lean(value) {
    const end = value < 0.5 ? this.data.negative : this.data.positive;
    const share = Math.min(1, Math.abs(2 * value - 1));
    return `rgb(${end.map((part) => Math.round(150 + (part - 150) * share))})`;
  }

  drawTurning() {
    for (const column of this.data.turning) {
      const value = this.data.probability[column];
      const [x, y] = [this.across(column), this.up(value)];
      const colour = value < 0.5 ? this.data.negative : this.data.positive;
      this.pen.beginPath();
      this.pen.arc(x, y, 7.5, 0, 2 * Math.PI);
      this.pen.strokeStyle = `rgb(${colour})`;
      this.pen.lineWidth = 2.5;
      this.pen.stroke();
      const word = this.data.labels[column];
      this.pen.font = `400 13px ${this.font}`;
      const half = this.pen.measureText(word).width / 2;
      const middle = Math.min(Math.max(x, this.left + half), this.width - RIGHT - half);
      this.text(word, middle, value < 0.8 ? y - 17 : y + 18, { size: 13, align: "center" });
    }
  }

  /* Where the padding ends, the pinned word, the column under the pointer. */
  drawMarks() {
    const { edge, column } = this.data;
    const through = (x, look) => this.stroke([[x, this.lineTop], [x, this.bottom]], look);
    if (edge > 0 && edge < this.columns) through(this.left + edge * this.step, { dash: [5, 4] });
    if (column !== null && column < this.columns) {
      this.pen.strokeStyle = this.ink;
      this.pen.lineWidth = 1.5;
      this.pen.strokeRect(this.left + column * this.step, this.lineTop, this.step, this.bottom - this.lineTop);
    }
    if (this.data.row !== null) {
      const y = this.statesTop + this.data.row * this.rowHeight;
      this.pen.strokeStyle = this.ink;
      this.pen.lineWidth = 1.5;
      this.pen.strokeRect(this.left, y, this.columns * this.step, this.rowHeight);
    }
    if (this.hovered?.column >= 0) through(this.across(this.hovered.column), {});
  }

  /* Column and row at a point; -1 left of the columns, null above the rows, undefined outside. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const column = Math.max(-1, Math.floor((x - this.left) / this.step));
    if (column >= this.data.labels.length || y < this.lineTop) return undefined;
    const row = Math.floor((y - this.statesTop) / this.rowHeight);
    const inRows = row >= 0 && row < this.data.units.length;
    if (column < 0 && !inRows) return undefined;
    return { column, row: inRows ? row : null, x, y };
  }

  point(event) {
    const found = this.at(event);
    if (!found || found.y > this.bottom) {
      this.unpoint();
      return;
    }
    this.pointer = { clientX: event.clientX, clientY: event.clientY };
    this.tell(found, found.x, found.y);
  }

  tell(hovered, x, y) {
    this.hovered = hovered;
    this.tip.textContent = this.says(hovered);
    this.tip.hidden = false;
    const side = x > this.width / 2 ? x - this.tip.offsetWidth - 14 : x + 14;
    this.tip.style.left = `${Math.max(0, Math.min(side, this.width - this.tip.offsetWidth))}px`;
    this.tip.style.top = `${y + 12}px`;
    this.draw();
  }

  /* Pin a word, a unit or both; the same choice again takes the pin away. */
  choose(found) {
    if (!found) return;
    const { data } = this;
    const column = found.column < 0 ? data.column : found.column;
    const row = found.row ?? data.row;
    const again = column === data.column && row === data.row;
    this.pin({
      place: again || column === null ? null : data.first + column,
      unit: again || row === null ? null : data.units[row],
    });
  }

  press(event) {
    const { data } = this;
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const start = { column: data.column ?? data.labels.length - 1, row: data.row };
    const { column, row } = this.hovered ?? start;
    if (event.key === "Enter" || event.key === " ") this.choose(this.hovered ?? start);
    else if (event.key === "Escape") this.unpoint();
    else if (!right && !down) return;
    else {
      const clamp = (value, last) => Math.min(Math.max(value, 0), last);
      const next = clamp(column + right, data.labels.length - 1);
      const at = down ? clamp((row ?? -down) + down, data.units.length - 1) : row;
      const y = at === null ? this.lineTop : this.statesTop + at * this.rowHeight;
      this.tell({ column: next, row: at }, this.across(next), y);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  says({ column, row }) {
    const { names, where, percents, contributions, units, parts, bias, logits, raw } = this.data;
    const unit = row === null ? "" : `unit ${units[row]}`;
    const total = row === null || !parts.length ? unit : `${unit}: ${signed(parts[row], 4)} of the final logit`;
    if (column < 0) return total;
    const word = `“${names[column]}”, ${where[column]}`;
    if (row !== null) {
      const value = signed(this.values[column * units.length + row], 4);
      return raw ? `${word}\n${unit}: h = ${value}` : `${word}\n${unit}: effect ${value}\n${total}`;
    }
    const moved = `${percents[column]} so far; added ${signed(contributions[column], 4)} to the logit`;
    if (bias === null) return `${word}\n${moved}`;
    const sum = signed(logits[column] - bias, 4);
    return `${word}\n${moved}\nlogit ${signed(logits[column], 4)} = units ${sum}, bias ${signed(bias, 4)}`;
  }

  /* The picture as a PNG file, with its title above and its caption below. */
  save(caption) {
    const scale = window.devicePixelRatio || 1;
    const page = document.createElement("canvas");
    const pen = page.getContext("2d");
    const lines = (text, font) => {
      pen.font = font;
      const found = [""];
      for (const word of text.split(/\s+/)) {
        const longer = `${found.at(-1)} ${word}`.trim();
        if (pen.measureText(longer).width < this.canvas.width - 16 * scale) found[found.length - 1] = longer;
        else found.push(word);
      }
      return found;
    };
    const [bold, plain] = [`650 ${18 * scale}px ${this.font}`, `400 ${12 * scale}px ${this.font}`];
    const [above, below] = [lines(this.data.title, bold), lines(caption, plain)];
    const top = (26 * above.length + 8) * scale;
    page.width = this.canvas.width;
    page.height = top + this.canvas.height + (18 * below.length + 12) * scale;
    pen.fillStyle = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
    pen.fillRect(0, 0, page.width, page.height);
    pen.drawImage(this.canvas, 0, top);
    pen.fillStyle = this.ink;
    pen.font = bold;
    above.forEach((line, at) => pen.fillText(line, 8 * scale, 26 * scale * (at + 1)));
    pen.font = plain;
    below.forEach((line, at) => pen.fillText(line, 8 * scale, top + this.canvas.height + 18 * scale * (at + 1)));
    const link = document.createElement("a");
    link.download = "lstm-lens-review.png";
    link.href = page.toDataURL("image/png");
    link.click();
  }

  unpoint() {
    if (!this.hovered) return;
    this.pointer = this.hovered = undefined;
    this.tip.hidden = true;
    this.draw();
  }
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
