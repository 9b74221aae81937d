/*
 * A Plotly figure that stays in its place: new data goes into the same element by Plotly.react.
 *
 * Data: { traces: [JSON, ...], layout: [[part, JSON], ...], config: JSON, alt, height, library }.
 * Traces and parts of the layout come as texts, so that what did not change is not parsed, compared
 * or drawn again; where only frames and lines move, nothing else is. Streamlit's own chart builds
 * everything again at every change.
 */

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
    this.texts = []; // of the traces that are drawn
    this.traces = [];
    this.parts = new Map(); // of the layout, as texts
    this.drawing = false;
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.figure);
  }

  show(data) {
    this.figure.setAttribute("aria-label", data.alt);
    this.figure.style.minHeight = `${data.height}px`;
    this.wanted = data;
    this.start();
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
      this.trouble.querySelector("span").textContent = this.figure.getAttribute("aria-label");
    }
    this.drawing = false;
  }

  async draw(Plotly) {
    const data = this.wanted;
    this.wanted = null;
    const parts = new Map(data.layout);
    const template = look(this.figure);
    parts.set("template", JSON.stringify(template));
    const changed = [...parts.keys()].filter((part) => parts.get(part) !== this.parts.get(part));
    const same = parts.size === this.parts.size && changed.every((part) => part === "shapes");
    const moved =
      same &&
      data.traces.length === this.texts.length &&
      data.traces.every((text, at) => text === this.texts[at]);
    this.traces = data.traces.map((text, at) =>
      text === this.texts[at] ? this.traces[at] : JSON.parse(text),
    );
    this.texts = data.traces;
    this.parts = parts;
    this.width = this.figure.clientWidth;
    const layout = Object.fromEntries(data.layout.map(([part, text]) => [part, JSON.parse(text)]));
    if (moved) await Plotly.relayout(this.figure, { shapes: layout.shapes });
    else await Plotly.react(this.figure, this.traces, { ...layout, template }, JSON.parse(data.config));
    this.trouble.hidden = true;
  }

  resize() {
    const width = this.figure.clientWidth;
    if (!width || width === this.width) return;
    if (this.wanted) this.start();
    else if (this.figure.classList.contains("js-plotly-plot")) {
      this.width = width;
      window.Plotly.Plots.resize(this.figure);
    }
  }

  leave() {
    if (this.figure.isConnected) return; // only called again with other data
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

/* The page's theme as a Plotly template: what a figure says itself goes before it. */
function look(element) {
  const style = getComputedStyle(element);
  const value = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  const ink = value("text-color", style.color);
  const faint = "rgba(128, 128, 128, 0.25)";
  const axis = { gridcolor: faint, zerolinecolor: faint, linecolor: faint, tickcolor: faint };
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
