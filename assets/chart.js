/*
 * A Plotly figure that stays in its place: new data goes into the same element by Plotly.react.
 *
 * Data: { traces: [JSON, ...], layout: JSON, config: JSON, alt, height, library }. The traces come as
 * texts so that one which did not change is not parsed, compared or drawn again. Streamlit's own
 * chart builds everything anew at every change, which costs four times as much.
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
    this.drawing = null;
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.figure);
  }

  show(data) {
    this.figure.setAttribute("aria-label", data.alt);
    this.figure.style.minHeight = `${data.height}px`;
    this.wanted = data;
    this.drawing ??= this.draw().finally(() => (this.drawing = null));
  }

  /* Draw the newest data; what came in between is left out. */
  async draw() {
    try {
      const Plotly = await plotly(this.wanted.library);
      while (this.wanted && this.figure.isConnected) {
        const data = this.wanted;
        this.wanted = null;
        this.traces = data.traces.map((text, at) =>
          text === this.texts[at] ? this.traces[at] : JSON.parse(text),
        );
        this.texts = data.traces;
        const layout = JSON.parse(data.layout);
        layout.template = look(this.figure);
        this.width = this.figure.clientWidth;
        await Plotly.react(this.figure, this.traces, layout, JSON.parse(data.config));
        this.trouble.hidden = true;
      }
    } catch (error) {
      console.error("chart:", error);
      this.trouble.hidden = false;
      this.trouble.querySelector("span").textContent = this.figure.getAttribute("aria-label");
    }
  }

  resize() {
    const width = this.figure.clientWidth;
    if (!width || width === this.width || !this.figure.classList.contains("js-plotly-plot")) return;
    this.width = width;
    window.Plotly.Plots.resize(this.figure);
  }

  leave() {
    if (this.figure.isConnected) return; // only called again with other data
    this.resizing.disconnect();
    window.Plotly?.purge(this.figure);
  }
}

function plotly(path) {
  library ??= new Promise((resolve, reject) => {
    const own = document.querySelector('script[src*="/static/js/"]')?.src ?? `${location.origin}/static/`;
    const script = document.createElement("script");
    script.src = `${own.split("/static/")[0]}/${path}`;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = undefined; // the next change tries again
      script.remove();
      reject(new Error(`${script.src} did not load`));
    };
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
