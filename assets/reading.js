/*
 * The running verdict over the words and, on the same columns, the hidden state of every unit,
 * painted on one canvas: the page does it at every letter typed.
 *
 * Data: see `ReadingPicture.data` in lstm_core/figures/live.py. Colours are the app's two
 * scales; ink and font are those of the page's theme. Words are painted or set as text, never markup.
 */

const LEFT = 42; // pixels: the numbers of the axes
const RIGHT = 10;
const HEAD = 44; // two lines above each panel
const LINE = 170;
const STATES = 300;
const WORDS = 90;
const SMALL = 11; // pixels of the axes' font
const WORD_STEP = 13; // pixels a slanted word needs
const SLANT = -Math.PI / 3;
const FAINT = "rgba(128, 128, 128, 0.3)";
const MARK = "rgba(128, 128, 128, 0.9)";

const pictures = new WeakMap();

export default function mount(component) {
  const root = component.parentElement;
  let picture = pictures.get(root);
  if (!picture?.canvas.isConnected) {
    picture = new Picture(root);
    pictures.set(root, picture);
  }
  picture.show(component.data);
  return () => picture.leave();
}

class Picture {
  constructor(root) {
    this.title = root.querySelector("h3");
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
  }

  show(data) {
    if (data.hidden !== this.data?.hidden) this.cells = undefined;
    this.data = data;
    this.title.textContent = data.title;
    this.figure.setAttribute("aria-label", data.says);
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
    this.step = (this.width - LEFT - RIGHT) / this.columns;
    this.lineTop = HEAD;
    this.statesTop = HEAD + LINE + HEAD;
    this.bottom = this.statesTop + STATES;
    this.rowHeight = STATES / data.units;
    this.across = (column) => LEFT + (column + 0.5) * this.step;
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
    if (this.canvas.width !== Math.round(this.width * scale) || this.scale !== scale) {
      this.scale = scale;
      this.canvas.width = Math.round(this.width * scale);
      this.canvas.height = Math.round(height * scale);
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
      const wide = this.text(bold, 2, top - 24, { size: 12, weight: 650 });
      this.text(rest, 2 + wide, top - 24, { size: 12 });
      this.text(says, 2, top - 9, { size: 12 });
    };
    head("Running probability", ": P(positive) so far", "circles: crossings of 50\u00a0%", this.lineTop);
    head("Hidden state h", ": one row per unit", this.data.hiddenTitle, this.statesTop);
    this.pen.textBaseline = "middle";
    const right = this.width - RIGHT;
    for (const value of [0, 0.5, 1]) {
      const y = this.up(value);
      this.stroke([[LEFT, y], [right, y]], value === 0.5 ? { dash: [2, 2] } : { colour: FAINT });
      this.text(`${100 * value}\u00a0%`, LEFT - 5, y, { size: 10, align: "right" });
    }
    const every = Math.max(1, Math.ceil(this.data.units / 6));
    for (let unit = 0; unit < this.data.units; unit += every) {
      const y = this.statesTop + (unit + 0.5) * this.rowHeight;
      this.text(String(unit), LEFT - 5, y, { size: 10, align: "right" });
    }
  }

  /* One pixel a value on a small canvas, then enlarged without smoothing. */
  drawStates() {
    const { units, positive, negative } = this.data;
    if (!this.cells) {
      const bytes = Uint8Array.from(atob(this.data.hidden), (sign) => sign.charCodeAt(0));
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
        image.data[pixel + 3] = Math.round(255 * Math.min(1, Math.abs(value)));
      });
      pen.putImageData(image, 0, 0);
    }
    this.pen.imageSmoothingEnabled = false;
    this.pen.drawImage(this.cells, LEFT, this.statesTop, this.columns * this.step, STATES);
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
      [LEFT + column * this.step, this.up(value)],
      [LEFT + (column + 1) * this.step, this.up(value)],
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
      const middle = Math.min(Math.max(x, LEFT + half), this.width - RIGHT - half);
      this.text(word, middle, value < 0.8 ? y - 17 : y + 18, { size: 13, align: "center" });
    }
  }

  /* Where the padding ends, the pinned word, the column under the pointer. */
  drawMarks() {
    const { edge, column } = this.data;
    const through = (x, look) => this.stroke([[x, this.lineTop], [x, this.bottom]], look);
    if (edge > 0 && edge < this.columns) through(LEFT + edge * this.step, { dash: [5, 4] });
    if (column !== null && column < this.columns) {
      this.pen.strokeStyle = this.ink;
      this.pen.lineWidth = 1.5;
      this.pen.strokeRect(LEFT + column * this.step, this.lineTop, this.step, this.bottom - this.lineTop);
    }
    if (this.hovered) through(this.across(this.hovered.column), {});
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const column = Math.floor((x - LEFT) / this.step);
    if (column < 0 || column >= this.data.labels.length || y < this.lineTop || y > this.bottom) {
      this.unpoint();
      return;
    }
    this.pointer = { clientX: event.clientX, clientY: event.clientY };
    const unit = Math.floor((y - this.statesTop) / this.rowHeight);
    this.hovered = { column, unit: unit >= 0 && unit < this.data.units ? unit : null };
    this.tip.textContent = this.says(this.hovered);
    this.tip.hidden = false;
    const side = x > this.width / 2 ? x - this.tip.offsetWidth - 14 : x + 14;
    this.tip.style.left = `${Math.max(0, Math.min(side, this.width - this.tip.offsetWidth))}px`;
    this.tip.style.top = `${y + 12}px`;
    this.draw();
  }

  says({ column, unit }) {
    const { names, where, percents, contributions } = this.data;
    const word = `“${names[column]}”, ${where[column]}`;
    if (unit !== null) {
      const at = column * this.data.units + unit;
      return `${word}\nunit ${unit}: h = ${signed(this.values[at], 4)}`;
    }
    const moved = `added ${signed(contributions[column], 4)} to the logit`;
    return `${word}\n${percents[column]} so far; ${moved}`;
  }

  unpoint() {
    if (!this.pointer) return;
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
