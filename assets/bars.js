/*
 * The strongest words as bars from a middle line, for to the right, against to the left.
 *
 * Data: see `StrongestWords.data` in lstm_core/figures/live.py. Words are text, never markup.
 */

const KEPT = 4; // rows kept free, so that little moves while one types

export default function mount({ data, parentElement: root }) {
  const part = (name) => root.querySelector(name);
  part(".lens-bars-title").textContent = data.title;
  part(".lens-picture").setAttribute("aria-label", data.title);
  part(".lens-bars").style.minHeight = `${1.75 * Math.min(data.rows, KEPT)}rem`;
  part(".lens-bars").replaceChildren(...data.values.map((value, at) => row(data, value, at)));
  const end = data.limit.toFixed(data.limit < 0.95 ? 2 : 1);
  const ends = data.values.length ? [`−${end}`, "0", `+${end}`] : ["", "0", ""];
  part(".lens-bars-ends").replaceChildren(...ends.map((text) => made("span", "", text)));
}

function row(data, value, at) {
  const line = made("div", "lens-bar");
  line.title = `${data.words[at]}, ${data.where[at]}: ${signed(value, 4)} of the logit`;
  const bar = made("i");
  const share = (50 * Math.abs(value)) / data.limit;
  bar.style.width = `${share}%`;
  bar.style.left = `${value < 0 ? 50 - share : 50}%`;
  bar.style.backgroundColor = `rgba(${value < 0 ? data.negative : data.positive}, 0.9)`;
  const track = made("span", "track");
  track.append(bar);
  line.append(made("span", "word", data.words[at]), track, made("span", "value", signed(value, 2)));
  return line;
}

function made(tag, name = "", text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}
