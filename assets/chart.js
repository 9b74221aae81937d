/*
 * A Plotly figure that stays in its place: new data goes into the same element by Plotly.react.
 *
 * Data: { traces: [JSON, ...], layout: [[part, JSON], ...], config: JSON, alt, height, library,
 * frames: { first, step, unit } where frames around a step and a unit can move (see frames.js),
 * near: { unit: { traces, layout, alt } } of other units, drawn as soon as one of them is chosen }.
 * Traces and parts of the layout come as texts, so that what did not change is not parsed, compared
 * or drawn again; where only frames and lines move, nothing else is. Streamlit's own chart builds
 * everything again at every change.
 */

const NARROW = 560; // pixels; below, one panel of a stack is drawn at a time
const PANEL_TITLE = 48; // pixels above a panel, as in lstm_core/figures/subplots.py
const LOWEST_PANEL = 240;
const MOST_TABLES = 12;
const MOST_ROWS = 500;
const charts = new WeakMap();
let library; // a promise of Plotly, asked for once a page

export default function mount(component) {
  const root = component.parentElement;
  let chart = charts.get(root);
  if (!chart?.figure.isConnected) {
    chart = new Chart(root);
    charts.set(root, chart);
  }
  chart.show(component.data);
  return () => chart.leave();
}

class Chart {
  constructor(root) {
    this.figure = root.querySelector(".lens-chart");
    this.trouble = root.querySelector(".lens-chart-trouble");
    this.table = root.querySelector(".lens-chart-table");
    this.choice = root.querySelector("select");
    this.choice.onchange = () => this.redraw();
    this.root = root;
    this.table.ontoggle = () => this.fillTable();
    this.texts = []; // of the traces that are drawn
    this.traces = [];
    this.parts = new Map(); // of the layout, as texts
    this.drawing = false;
    this.frames = new Frames(this.figure, () => this.update());
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.figure);
  }

  show(data) {
    this.frames.show(data.frames);
    this.figure.style.minHeight = `${data.height}px`;
    this.data = this.wanted = data;
    this.start();
  }

  update() {
    this.wanted = this.data;
    this.start();
  }

  redraw() {
    this.parts = new Map(); // draw everything
    this.update();
  }

  /* Draw the newest data; what came in between is left out, what is folded away waits. */
  async start() {
    if (this.drawing) return;
    this.drawing = true;
    try {
      const Plotly = await plotly(this.wanted.library);
      while (this.wanted && this.figure.clientWidth) await this.draw(Plotly);
    } catch (error) {
      console.error("chart:", error);
      this.parts = new Map(); // the next change draws everything
      this.trouble.hidden = false;
      this.trouble.querySelector("span").textContent = this.data.alt;
    }
    this.drawing = false;
  }

  async draw(Plotly) {
    const data = { ...this.wanted, ...this.wanted.near?.[this.frames.ahead.unit] };
    this.wanted = null;
    if (this.figure.getAttribute("aria-label") !== data.alt) this.figure.setAttribute("aria-label", data.alt);
    const parts = new Map(data.layout);
    const template = look(this.figure);
    parts.set("template", JSON.stringify(template));
    const known =
      data.traces.length === this.texts.length &&
      data.traces.every((text, at) => text === this.texts[at]);
    this.traces = data.traces.map((text, at) =>
      text === this.texts[at] ? this.traces[at] : JSON.parse(text),
    );
    const layout = Object.fromEntries(data.layout.map(([part, text]) => [part, JSON.parse(text)]));
    if (data.frames) {
      layout.shapes = this.frames.placed(layout.shapes, this.traces);
      parts.set("shapes", JSON.stringify(layout.shapes));
    }
    const changed = [...parts.keys()].filter((part) => parts.get(part) !== this.parts.get(part));
    const same = known && parts.size === this.parts.size;
    this.texts = data.traces;
    this.parts = parts;
    this.width = this.figure.clientWidth;
    this.layout = layout;
    if (same && !changed.length) return;
    const drawn = this.onePanel(layout) ?? { layout, traces: this.traces };
    if (same && changed.every((part) => part === "shapes")) {
      await Plotly.relayout(this.figure, { shapes: drawn.layout.shapes });
    } else {
      const whole = { ...drawn.layout, template };
      await Plotly.react(this.figure, drawn.traces, whole, JSON.parse(data.config));
      const { width } = this.figure._fullLayout; // a figure that stands already keeps its size
      if (width !== this.width) await Plotly.Plots.resize(this.figure);
    }
    this.trouble.hidden = true;
    writeSigns(this.figure);
    this.fillTable();
    this.watchLabels();
  }

  /* On a narrow screen: the panel of a stack that is chosen above it, alone; else nothing. */
  onePanel(layout) {
    const axes = Object.keys(layout).filter((name) => /^yaxis\d*$/.test(name) && layout[name].domain);
    const titles = layout.annotations ?? [];
    const narrow = this.width < NARROW && axes.length > 1 && titles.length === axes.length;
    this.choice.hidden = !narrow;
    if (!narrow) return null;
    const names = titles.map(({ text }) => words(text.split("<br>")[0]).split(":")[0].trim());
    if (names.join() !== [...this.choice.options].map((option) => option.text).join()) {
      this.choice.replaceChildren(...names.map((name, at) => new Option(name, at)));
    }
    const at = Number(this.choice.value);
    const [low, high] = layout[axes[at]].domain;
    const around = layout.margin.t + layout.margin.b;
    const inner = Math.max((high - low) * (layout.height - around), LOWEST_PANEL) + PANEL_TITLE;
    const top = 1 - PANEL_TITLE / inner;
    const own = axes[at].replace("axis", "");
    const alone = { ...layout, height: inner + around };
    axes.forEach((name) => {
      const domain = name === axes[at] ? [0, top] : [0, 0];
      alone[name] = { ...layout[name], domain, visible: name === axes[at] };
    });
    alone.xaxis = { ...layout.xaxis, anchor: own };
    alone.annotations = [{ ...titles[at], y: top }];
    alone.shapes = layout.shapes.filter(({ yref }) => yref === own || yref === `${own} domain`);
    this.figure.style.minHeight = `${alone.height}px`;
    for (let node = this.root; node && !node.matches(".stVerticalBlock"); node = node.parentElement) {
      Object.assign(node.style, { height: "auto", flex: "0 0 auto" }); // a lower place than was kept
    }
    const mine = ({ yaxis = "y" }) => yaxis === own;
    return { layout: alone, traces: this.traces.filter(mine) };
  }

  /* The data as tables, for those who do not see the chart; made when the fold is opened. */
  fillTable() {
    if (!this.table.open) return;
    const tables = this.traces.slice(0, MOST_TABLES).map((trace) => tableOf(trace, this.layout));
    const summary = this.figure.getAttribute("aria-label");
    this.table.querySelector("p").textContent = summary;
    this.table.querySelector(".tables").replaceChildren(...tables);
  }

  /* Plotly writes a hyphen for the minus sign in hover labels, unlike on its axes. */
  watchLabels() {
    const layer = this.figure.querySelector(".hoverlayer");
    if (!layer || layer === this.layer) return;
    this.layer = layer;
    new MutationObserver(() => {
      const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode.nodeValue;
        const right = text.replace(/(?<![\w-])-(?=[\d.])/g, "\u2212");
        if (right !== text) walker.currentNode.nodeValue = right;
      }
    }).observe(layer, { childList: true, characterData: true, subtree: true });
  }

  resize() {
    const width = this.figure.clientWidth;
    if (!width || width === this.width) return;
    if (this.wanted) this.start();
    else if (width < NARROW !== this.width < NARROW) this.redraw();
    else if (this.figure.classList.contains("js-plotly-plot")) {
      this.width = width;
      window.Plotly.Plots.resize(this.figure);
    }
  }

  leave() {
    if (this.figure.isConnected) return; // only called again with other data
    this.frames.leave();
    this.resizing.disconnect();
    window.Plotly?.purge(this.figure);
  }
}

/* The script may stand in the page's head already, loaded or still on its way. */
function plotly(path) {
  library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const own = document.querySelector('script[src*="/static/js/"]')?.src ?? `${location.origin}/static/`;
    const source = `${own.split("/static/")[0]}/${path}`;
    const standing = [...document.scripts].find((script) => script.src === source);
    const script = standing ?? document.createElement("script");
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => {
      library = undefined; // the next change tries again
      script.remove();
      reject(new Error(`${source} did not load`));
    });
    if (standing) return;
    script.src = source;
    document.head.append(script);
  });
  return library;
}

/* Numbers in hover texts as everywhere: a true minus sign, none at zero. Plotly has no setting. */
function writeSigns(figure) {
  const locale = figure._fullLayout?._d3locale;
  if (!locale || locale.written) return;
  const format = locale.numberFormat;
  locale.written = true;
  locale.numberFormat = (form) => {
    const write = format(form);
    return (value) => {
      const text = write(value);
      return /[1-9]/.test(text) ? text.replaceAll("-", "\u2212") : text.replace(/^[-+\u2212]/, "");
    };
  };
}

/* The page's theme as a Plotly template: what a figure says itself goes before it. */
function look(element) {
  const style = getComputedStyle(element);
  const value = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  const ink = value("text-color", style.color);
  const faint = "rgba(128, 128, 128, 0.25)";
  const lines = { gridcolor: faint, zerolinecolor: faint, linecolor: faint, tickcolor: faint };
  const axis = { ...lines, automargin: true };
  return {
    layout: {
      font: { family: value("font", "sans-serif"), size: 12, color: ink },
      paper_bgcolor: value("background-color", "rgba(0,0,0,0)"),
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: {
        bgcolor: value("secondary-background-color", "#f4f6f8"),
        bordercolor: faint,
        font: { family: value("font", "sans-serif"), color: ink },
      },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: "rgba(128, 128, 128, 0.75)", activecolor: ink },
      xaxis: axis,
      yaxis: axis,
    },
  };
}

/* One trace as a table: a heatmap's rows and columns, else one row for each point. */
function tableOf({ type, name, x, y, z, text, xaxis = "x", yaxis = "y" }, layout) {
  const axis = (own) => layout[`${own[0]}axis${own.slice(1)}`];
  const across = plain(x);
  const down = plain(y);
  const table = document.createElement("table");
  if (name) table.createCaption().textContent = words(name);
  if (type === "heatmap") {
    const rows = plain(z);
    addRow(table, ["", ...(across ?? rows[0].map((_, at) => at))], "th");
    rows.slice(0, MOST_ROWS).forEach((row, at) => addRow(table, [down?.[at] ?? at, ...row]));
  } else {
    const shown = Array.isArray(text) ? text : [];
    const heads = [title(axis(xaxis), "x"), title(axis(yaxis), "y")];
    addRow(table, shown.length ? [...heads, "as shown"] : heads, "th");
    const points = (across ?? down ?? []).slice(0, MOST_ROWS);
    points.forEach((_, at) => {
      const cells = [tick(axis(xaxis), across?.[at] ?? at), tick(axis(yaxis), down?.[at] ?? at)];
      addRow(table, shown.length ? [...cells, shown[at]] : cells);
    });
  }
  return table;
}

function title(axis, otherwise) {
  return words(axis?.title?.text) || otherwise;
}

/* What the axis says at a value: its label, where it has one there. */
function tick(axis, value) {
  return axis?.ticktext?.[axis.tickvals?.indexOf(value)] ?? value;
}

function addRow(table, cells, kind = "td") {
  const row = table.insertRow();
  for (const cell of cells) {
    const element = row.appendChild(document.createElement(kind));
    element.textContent = typeof cell === "number" ? Number(cell.toPrecision(4)) : words(cell);
  }
}

function words(text) {
  return String(text ?? "").replace(/<[^>]*>|[\u200b\u200c]/g, " ").replaceAll("&lt;", "<").replaceAll("&amp;", "&").trim();
}

/* An array of a trace: packed numbers are base64 of 32 or 64 bit floats with a shape. */
function plain(values) {
  if (!values?.bdata) return Array.isArray(values) ? values : values && [...values];
  const bytes = Uint8Array.from(atob(values.bdata), (sign) => sign.charCodeAt(0));
  const Kind = { f4: Float32Array, f8: Float64Array }[values.dtype];
  const flat = [...new Kind(bytes.buffer)];
  const [rows, columns] = String(values.shape).split(",").map(Number);
  if (!columns) return flat;
  return Array.from({ length: rows }, (_, row) => flat.slice(row * columns, (row + 1) * columns));
}
