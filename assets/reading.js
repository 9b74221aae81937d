/*
 * The running verdict over the words and, on the same columns, every unit's effect on it, painted
 * on one canvas: the page does it at every letter typed. A click pins a word, a unit or both; with
 * the keyboard the arrow keys move and Enter pins.
 *
 * Data: see `ReadingPicture.data` in lstm_core/figures/live.py. Colours are the app's two
 * scales; ink and font are those of the page's theme. Words are painted or set as text, never markup.
 * Pointer and keyboard are in reading_pointer.js, which must stand in front; the rows are laid out
 * in reading_rows.js, what stands around the chart in reading_tools.js.
 */

const NARROW = 640; // pixels of width under which the rows have no room for their parts
const LEFT = 46; // pixels at least: the numbers of the axes
const RIGHT = 10;
const ONE_LINE = 900; // pixels of width that a whole heading needs
const HEADS = { 1: 24, 2: 36 }; // pixels above a panel whose heading has so many lines
const LINE = 74;
const WORDS = 60;
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

class Picture extends Pointed {
  constructor(root) {
    super();
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
    part(".lens-png").onclick = () => savePicture(this, part(".lens-caption").textContent);
    this.fold = part("details");
    this.fold.ontoggle = () => fillTable(this.fold, this.data);
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
    fillTable(this.fold, data);
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
    this.left = this.labelsWidth();
    this.step = (this.width - this.left - RIGHT) / this.columns;
    this.heads = this.headings();
    const head = HEADS[this.heads[0].length];
    this.lineTop = head;
    this.statesTop = head + LINE + head;
    const height = rowsHeight(this.narrow);
    this.named = namedRows(data, height);
    this.tops = rowTops(data, this.named, height);
    this.bottom = this.statesTop + this.tops.at(-1);
    this.across = (column) => this.left + (column + 0.5) * this.step;
    this.up = (value) => this.lineTop + (1 - value) * LINE;
  }

  /* The longest name of a row decides, whichever rows are named: the columns keep their place. */
  labelsWidth() {
    const key = `${this.narrow} ${this.data.units.length} ${this.data.unitWordsSource} ${this.data.raw} ${this.font}`;
    if (this.labels?.key === key) return this.labels.width;
    this.pen.font = `400 10px ${this.font}`;
    const rows = this.data.units.map((_, row) => this.pen.measureText(rowName(this.data, row, this.narrow, "+0.00")).width);
    this.labels = { key, width: Math.max(LEFT, Math.ceil(Math.max(...rows)) + 8) };
    return this.labels.width;
  }

  /* Of both panels: one line each, two where it would be too long. */
  headings() {
    const { raw, stored, statesTitle } = this.data;
    const order = this.narrow ? "" : stored ? ", in stored order" : ", sorted by their part in this prediction";
    const states = raw ? ["Hidden state h", `: one row per unit${order}`] : ["Effect of each unit", `: h × output weight${order}`];
    const both = [
      [["Running probability", ": P(positive) so far"], "Circles: past 60\u00a0% or 40\u00a0%"],
      [states, statesTitle],
    ];
    if (this.width < ONE_LINE) return both.map(([first, says]) => [first, ["", says]]);
    return both.map(([[bold, rest], says]) => [[bold, `${rest}. ${says}`]]);
  }

  draw() {
    if (!this.data || !this.figure.clientWidth) return;
    const style = getComputedStyle(this.figure);
    this.ink = style.color;
    this.font = style.fontFamily;
    this.measure();
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

  text(text, x, y, { size = SMALL, align = "left", weight = 400, colour = this.ink, halo } = {}) {
    this.pen.font = `${weight} ${size}px ${this.font}`;
    this.pen.textAlign = align;
    if (halo) {
      this.pen.strokeStyle = halo;
      this.pen.lineWidth = 4;
      this.pen.strokeText(text, x, y);
    }
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
    [this.lineTop, this.statesTop].forEach((top, panel) => {
      this.heads[panel].forEach(([bold, rest], line, { length }) => {
        const y = top - 10 - 12 * (length - 1 - line);
        const wide = bold && this.text(bold, 2, y, { size: 12, weight: 650 });
        this.text(rest, 2 + (wide || 0), y, { size: 12 });
      });
    });
    this.pen.textBaseline = "middle";
    const right = this.width - RIGHT;
    for (const value of [0, 0.5, 1]) {
      const y = this.up(value);
      this.stroke([[this.left, y], [right, y]], value === 0.5 ? { dash: [2, 2] } : { colour: FAINT });
      this.text(`${100 * value}\u00a0%`, this.left - 5, y, { size: 10, align: "right" });
    }
    for (const row of this.named) {
      const y = this.statesTop + (this.tops[row] + this.tops[row + 1]) / 2;
      this.text(rowName(this.data, row, this.narrow), this.left - 5, y, { size: 10, align: "right" });
    }
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
    for (let row = 0; row < units; row += 1) {
      const [top, end] = [this.tops[row], this.tops[row + 1]];
      this.pen.drawImage(this.cells, 0, row, this.columns, 1, this.left, this.statesTop + top, across, end - top);
    }
  }

  /* Words under their columns, thinned where there is no room. */
  drawWords() {
    const every = Math.max(1, Math.ceil(WORD_STEP / this.step));
    for (let column = 0; column < this.columns; column += every) {
      this.pen.save();
      this.pen.translate(this.across(column), this.bottom + 6);
      this.pen.rotate(SLANT);
      this.text(this.fitted(this.data.labels[column]), 0, 0, { align: "right" });
      this.pen.restore();
    }
  }

  /* A word cut to the room below the columns. */
  fitted(word) {
    this.pen.font = `400 ${SMALL}px ${this.font}`;
    const most = (WORDS - 10) / Math.sin(-SLANT);
    let shown = word;
    while (shown.length > 2 && this.pen.measureText(shown).width > most) shown = `${shown.slice(0, -2)}…`;
    return shown;
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
    const halo = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
    const placed = []; // words written so far: none is written over another
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
      const inside = (at) => Math.min(Math.max(at, this.left + half), this.width - RIGHT - half);
      let [middle, height] = [inside(x), value < 0.7 ? y - 17 : y + 18];
      const meets = (one) =>
        Math.abs(one.middle - middle) < one.half + half + 4 && Math.abs(one.height - height) < 15;
      if (placed.some(meets)) [middle, height] = [inside(x + 12 + half), y];
      placed.push({ middle, height, half });
      this.text(word, middle, height, { size: 13, align: "center", halo });
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
      const [top, end] = [this.tops[this.data.row], this.tops[this.data.row + 1]];
      this.pen.strokeStyle = this.ink;
      this.pen.lineWidth = 1.5;
      this.pen.strokeRect(this.left, this.statesTop + top, this.columns * this.step, end - top);
    }
    if (this.hovered?.column >= 0) through(this.across(this.hovered.column), {});
  }
}
