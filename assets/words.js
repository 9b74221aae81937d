/*
 * The review read back: every word tinted by its contribution, one of them pinned by a click.
 *
 * Data: { pieces: [{ text, kind, tint, title, place, marked }], pinned, label } and, where they are
 * drawn, heading, line and more. All text goes to the page through textContent, never as markup.
 * A click (or Enter) on a word sends its place as "pinned", one on the link below sends "more".
 */

let clicks = 0;

export default function mount(component) {
  const { data, parentElement: root, setStateValue, setTriggerValue } = component;
  const strip = root.querySelector(".lens-strip");
  if (data.heading) {
    root.querySelector(".lens-heading").textContent = data.heading;
    root.querySelector(".line").textContent = data.line;
    const more = root.querySelector(".more");
    more.textContent = data.more;
    more.onclick = () => setTriggerValue("more", true);
  }
  strip.setAttribute("aria-label", data.label);
  const focused = strip.contains(document.activeElement);
  strip.replaceChildren(...data.pieces.map((piece) => draw(piece, data)));

  const choose = (event) => {
    const word = event.target.closest("[data-place]");
    if (!word) return;
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    const place = Number(word.dataset.place);
    strip.stop = place;
    clicks += 1; // so that a second click on the same word is told, too
    const chosen = place === data.pinned ? null : place;
    if (chosen !== null) document.dispatchEvent(new CustomEvent("lens-step", { detail: place }));
    setStateValue("pinned", { place: chosen, text: data.stamp, clicks });
  };
  strip.onclick = choose;
  strip.onkeydown = (event) => {
    if (!walk(strip, event)) choose(event);
  };
  const at = focused ? strip.stop : (data.pinned ?? strip.stop);
  const stop = strip.querySelector(`[data-place="${at}"]`) ?? strip.querySelector("[data-place]");
  if (!stop) return;
  stop.tabIndex = 0;
  if (focused) stop.focus({ preventScroll: true });
}

/* One tab stop for all words; arrow keys, Home and End move inside. */
function walk(strip, event) {
  const words = [...strip.querySelectorAll("[data-place]")];
  const at = words.indexOf(event.target);
  const last = words.length - 1;
  const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: last }[event.key];
  if (at < 0 || to === undefined) return false;
  event.preventDefault();
  const next = words[Math.min(Math.max(to, 0), last)];
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  strip.stop = Number(next.dataset.place);
  return true;
}

function draw(piece, { pinned, clickable }) {
  if (piece.kind === "between") return document.createTextNode(piece.text);
  const span = document.createElement("span");
  span.className = piece.marked ? `${piece.kind} marked` : piece.kind;
  span.textContent = piece.text;
  if (piece.title) span.title = piece.title;
  if (piece.tint) span.style.backgroundColor = piece.tint;
  if (piece.place !== undefined) {
    if (!clickable) return span;
    span.dataset.place = piece.place;
    span.tabIndex = -1;
    span.setAttribute("role", "button");
    span.setAttribute("aria-pressed", String(piece.place === pinned));
  }
  return span;
}
