/*
 * The frames of a chart around the chosen step and unit. They move when the widgets with the keys
 * "step" and "unit" are used or a word is clicked; the page's own answer comes a round trip later.
 */

const WIDGETS = {
  step: [".st-key-step input[type=range]", 1], // counted from 1
  unit: [".st-key-unit input[type=number]", 0],
};
const LONGEST_WAIT = 3000; // milliseconds for the page's answer; then what it said last holds
const EVENTS = ["keydown", "click", "pointermove", "lens-step"];

class Frames {
  constructor(figure, update) {
    this.figure = figure;
    this.update = update;
    this.ahead = {}; // step and unit that were chosen and not answered yet
    this.listener = (event) => this.hear(event);
  }

  leave() {
    for (const name of EVENTS) document.removeEventListener(name, this.listener, true);
  }

  /* What the page frames: { first, step, unit }. */
  show(frames) {
    this.own = frames;
    if (frames) for (const name of EVENTS) document.addEventListener(name, this.listener, true);
    else this.leave();
    for (const name of Object.keys(this.ahead)) {
      if (!frames || this.ahead[name] === frames[name]) delete this.ahead[name];
    }
  }

  hear(event) {
    if (!this.figure.isConnected) return this.leave();
    if (event.type === "lens-step") return this.choose("step", event.detail);
    const dragged = event.type === "pointermove" && event.buttons;
    const used = event.type !== "pointermove" && event.target.closest?.(".st-key-step, .st-key-unit");
    if (!(dragged || used) || event.key?.length === 1) return; // a digit: not a number yet
    requestAnimationFrame(() => {
      for (const [name, [selector, lowest]] of Object.entries(WIDGETS)) {
        const value = document.querySelector(selector)?.value;
        if (value) this.choose(name, Number(value) - lowest);
      }
    });
  }

  choose(name, value) {
    if (this.own?.[name] == null || value === (this.ahead[name] ?? this.own[name])) return;
    this.ahead[name] = value;
    this.update();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.ahead = {};
      this.update();
    }, LONGEST_WAIT);
  }

  /* The shapes of a layout, its frames around what is chosen, as far as the chart shows it. */
  placed(shapes, traces) {
    const { step, unit } = this.ahead;
    return shapes.map((shape) => {
      if (shape.type !== "rect") return shape;
      if (shape.xref === "x" && step !== undefined) {
        const column = step - this.own.first;
        const shown = column >= 0 && column < traces[0].x.length;
        return shown ? { ...shape, x0: column - 0.5, x1: column + 0.5 } : shape;
      }
      if (shape.xref === "paper" && unit !== undefined) {
        const panel = traces.find(({ yaxis = "y" }) => yaxis === shape.yref);
        const row = panel.y.indexOf(String(unit));
        return row < 0 ? shape : { ...shape, y0: row - 0.5, y1: row + 0.5 };
      }
      return shape;
    });
  }
}
