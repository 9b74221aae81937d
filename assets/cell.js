/*
 * The LSTM cell: diagram, explanation and equations as the app made them, put in place.
 *
 * Data: { svg, detail, equations } and, where arrow keys move through steps and units,
 * { place, places, unit, units, says, playing, near: { key: { svg, detail, equations } } }. New
 * markup changes the old elements in place, so that line widths and gates can move
 * (assets/cell.css; not with reduced motion). A click on a part sends "part", an arrow key "at".
 */

const PLACES = { svg: ".diagram", detail: ".detail", equations: ".equations" };
let sent = 0; // so that the same part or place is told again

export default function mount({ data, parentElement: root, setStateValue }) {
  const cell = root.querySelector(".lens-cell");
  const diagram = root.querySelector(".diagram");
  const draw = (drawing) => {
    for (const [name, place] of Object.entries(PLACES)) {
      const page = new DOMParser().parseFromString(drawing[name], "text/html");
      replaceChildren(root.querySelector(place), page.body);
    }
  };
  draw(data);
  cell.classList.toggle("playing", Boolean(data.playing));
  cell.onclick = (event) => {
    const part = event.target.closest("[data-part]")?.dataset.part;
    if (part) setStateValue("part", { part, sent: (sent += 1) });
  };
  if (data.places === undefined) return;
  root.querySelector(".lens-hidden").textContent = data.says;
  diagram.tabIndex = 0;
  diagram.setAttribute("role", "application");
  diagram.setAttribute("aria-label", "LSTM cell: left and right change the word, up and down the unit");
  // Keys count on from where the last one led, even when its answer is still on its way.
  const here = { place: data.place, unit: data.unit };
  if (!cell.wanted || same(cell.wanted, here) || Date.now() - (cell.pressed ?? 0) > 2000) cell.wanted = here;
  diagram.onkeydown = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const place = Math.min(Math.max(cell.wanted.place + step[0], 0), data.places - 1);
    const unit = Math.min(Math.max(cell.wanted.unit + step[1], 0), data.units - 1);
    if (same(cell.wanted, { place, unit })) return;
    if (same(cell.wanted, here) && data.near[event.key]) draw(data.near[event.key]);
    cell.wanted = { place, unit };
    cell.pressed = Date.now();
    setStateValue("at", { place, unit, sent: (sent += 1) });
  };
}

function same(one, other) {
  return one.place === other.place && one.unit === other.unit;
}

/* Bring the children of an element in step with those of another, keeping what is alike. */
function replaceChildren(old, fresh) {
  const olds = [...old.childNodes];
  const news = [...fresh.childNodes];
  news.forEach((node, at) => {
    const before = olds[at];
    if (!before) old.append(document.importNode(node, true));
    else if (before.nodeName !== node.nodeName) before.replaceWith(document.importNode(node, true));
    else if (node.nodeType !== Node.ELEMENT_NODE) {
      if (before.nodeValue !== node.nodeValue) before.nodeValue = node.nodeValue;
    } else {
      for (const { name, value } of node.attributes) {
        if (before.getAttribute(name) !== value) before.setAttribute(name, value);
      }
      for (const name of before.getAttributeNames()) {
        // A fold that a person opened stays open.
        if (!node.hasAttribute(name) && name !== "open") before.removeAttribute(name);
      }
      replaceChildren(before, node);
    }
  });
  olds.slice(news.length).forEach((node) => node.remove());
}
