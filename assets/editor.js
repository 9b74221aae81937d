/*
 * The live review editor: a plain <textarea> that tells Python its text while a person types.
 *
 * The textarea is the truth. Its text goes to Python as { text, revision, cut } in the state
 * "typed"; Python never sends it back. Another text comes from Python only with a higher
 * `revision` (an example was picked), so a late answer cannot overwrite newer letters.
 * All text is data here: `value` and `textContent`, never markup.
 */

const PAUSE_MS = 120; // a pause this long while typing sends the text
const LATEST_MS = 400; // typing without a pause sends it at least this often
const ADDRESS_MS = 350; // browsers refuse more than about 100 address changes in 30 s
const MIRRORED = 8000; // more characters than this always fill the greatest height
const NEAR_LIMIT = 0.95;

// What each editor held, by slot. It outlives unmounting: a module stays until the page reloads.
const remembered = new Map();
const histories = new Map();
const editors = new WeakMap();

export default function mount(component) {
  const root = component.parentElement;
  let editor = editors.get(root);
  try {
    if (!editor?.mounted()) {
      editor = new Editor(root);
      editors.set(root, editor);
    }
    editor.update(component);
  } catch (error) {
    showTrouble(root, component.data, component.data.text, error);
  }
  return () => editor?.leave();
}

class Editor {
  constructor(root) {
    this.root = root;
    this.area = root.querySelector("textarea");
    this.mirror = root.querySelector(".mirror");
    this.count = root.querySelector(".count");
    this.linkNote = root.querySelector(".link");
    this.trouble = root.querySelector(".trouble");
    this.path = location.pathname;
    this.sheet = null; // { text, revision, cut }: what was last shown or sent
    this.composing = false;
    this.changedAt = null; // time of the first change not sent yet
    this.overflow = null; // { whole, full }: an edit that does not fit, seen before it happens
    this.addressAt = -Infinity;
    this.listening = new AbortController();
    this.listen();
  }

  listen() {
    const on = (target, name, method) =>
      target?.addEventListener(name, this.guarded(method), { signal: this.listening.signal });
    on(this.area, "beforeinput", this.measure);
    on(this.area, "input", this.edited);
    on(this.area, "compositionstart", this.composes);
    on(this.area, "compositionend", this.composed);
    on(this.area, "blur", this.flush);
    on(this.area, "keydown", this.pressed);
    on(window, "pagehide", this.save);
    on(document, "visibilitychange", () => document.visibilityState === "hidden" && this.save());
    // Python may write the address from an older copy of it: put today's text back.
    on(window.navigation, "currententrychange", () => this.sheet && this.writeAddress());
  }

  guarded(method) {
    return (event) => {
      try {
        return method.call(this, event);
      } catch (error) {
        return showTrouble(this.root, this.data, this.area.value, error);
      }
    };
  }

  mounted() {
    return this.area.isConnected;
  }

  /* Called at mount and whenever Python sends other data or the theme changes. */
  update({ data, setStateValue }) {
    const first = this.data === undefined;
    this.data = data;
    this.send = (sheet) => setStateValue("typed", sheet);
    this.area.maxLength = data.maxCharacters;
    this.area.placeholder = data.placeholder;
    this.area.setAttribute("aria-label", data.label);
    if (first) this.dropPlain();
    const kept = this.sheet ?? remembered.get(data.slot) ?? savedBeforeReload(data);
    if (!kept || data.revision > kept.revision) {
      this.show({ text: data.text, revision: data.revision, cut: data.cut });
    } else if (first) {
      this.show(kept);
      if (kept.text !== data.text) this.send(kept);
    }
    this.area.readOnly = false;
  }

  show(sheet) {
    clearTimeout(this.timer);
    this.changedAt = null;
    this.sheet = sheet;
    remembered.set(this.data.slot, sheet);
    this.cut = sheet.cut;
    if (this.area.value !== sheet.text) this.area.value = sheet.text;
    this.undo ??= histories.get(this.data.slot) ?? new UndoHistory(sheet.text);
    this.undo.changed(this.area, null);
    histories.set(this.data.slot, this.undo);
    this.redraw();
    this.writeAddress();
  }

  pressed(event) {
    // Streamlit's own one-letter shortcuts (rerun, clear cache) must not hear what is typed.
    event.stopPropagation();
    if (event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "enter") this.flush();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (this.undo.step(this.area, key === "y" || event.shiftKey)) this.follow();
  }

  /* The browser cuts at maxLength by itself; note how long the text would have been. */
  measure(event) {
    if (!this.composing) this.undo.before(this.area);
    if (this.composing || !event.inputType.startsWith("insert")) return;
    const pasted = event.data ?? event.dataTransfer?.getData("text/plain") ?? "\n";
    const { value, selectionStart, selectionEnd } = this.area;
    const selected = selectionEnd - selectionStart;
    const whole = value.length - selected + pasted.replaceAll("\r\n", "\n").length;
    if (whole <= this.data.maxCharacters) return;
    this.overflow = { whole, full: selected === 0 && value.length >= this.data.maxCharacters };
    // A full textarea takes nothing and tells nothing: no input event follows.
    setTimeout(this.guarded(() => this.overflow && this.edited()));
  }

  edited(event) {
    if (!this.composing) this.undo.changed(this.area, kindOf(event));
    this.follow();
  }

  /* The text has changed: say how long it is, and tell Python after the pause. */
  follow() {
    const overflow = this.overflow;
    this.overflow = null;
    const before = overflow?.full ? this.cut : 0;
    this.cut = overflow ? Math.max(0, before + overflow.whole - this.area.value.length) : 0;
    this.redraw();
    if (this.composing) return;
    const now = performance.now();
    this.changedAt ??= now;
    clearTimeout(this.timer);
    const wait = Math.min(PAUSE_MS, this.changedAt + LATEST_MS - now);
    this.timer = setTimeout(this.guarded(this.tell), Math.max(0, wait));
  }

  composes() {
    this.tell(); // what stood there before the composition need not wait for its end
    this.composing = true;
  }

  composed() {
    this.composing = false;
    this.undo.changed(this.area, "insert");
    this.changedAt ??= performance.now();
    this.redraw();
    this.tell();
  }

  /* Send what is not sent yet, without waiting for the pause. */
  flush() {
    this.tell();
    this.writeAddress({ atOnce: true });
  }

  tell() {
    clearTimeout(this.timer);
    if (this.changedAt === null || this.composing) return;
    this.changedAt = null;
    const sheet = { text: wellFormed(this.area.value), revision: this.sheet.revision, cut: this.cut };
    if (sheet.text === this.sheet.text && sheet.cut === this.sheet.cut) return;
    this.sheet = sheet;
    remembered.set(this.data.slot, sheet);
    this.writeAddress();
    this.send(sheet);
  }

  save() {
    if (!this.sheet) return;
    this.flush();
    const { text, cut } = this.sheet;
    store(this.data.slot, { address: address(), text, cut });
  }

  /* Unmounted, or only called again before the first call was through: then stay. */
  leave() {
    this.composing = false;
    this.guarded(this.save)();
    if (!this.mounted()) this.listening.abort();
  }

  redraw() {
    const { value } = this.area;
    const max = this.data.maxCharacters;
    this.mirror.textContent = `${value.slice(0, MIRRORED)}\n`;
    const near = this.cut > 0 || value.length > NEAR_LIMIT * max;
    const cut = this.cut > 0 ? `: ${inWords(this.cut)} more did not fit and were cut` : "";
    if (!this.trouble.hidden) linkToPlain(this.root, this.data, value);
    this.count.textContent = near ? `${inWords(value.length)} of ${inWords(max)} characters${cut}` : "";
  }

  /*
   * This editor is drawn, so the plain one is off. A run that began before it was switched off
   * may have written ?plain=true back into the address.
   */
  dropPlain() {
    const search = searchWith(location.search, this.data.plainParameter, null);
    if (sameParameter(search, location.search, this.data.plainParameter)) return;
    history.replaceState(history.state, "", location.pathname + search + location.hash);
  }

  /* Keep ?text= in step, without a history entry and without touching other parameters. */
  writeAddress({ atOnce = false } = {}) {
    clearTimeout(this.addressTimer);
    const { parameter } = this.data;
    if (location.pathname !== this.path || !this.mounted()) return;
    const encoded = encodedText(this.sheet.text, this.data.linkLimit);
    this.linkNote.textContent = encoded === null ? "Too long for the link" : "";
    const wanted = encoded === null || this.sheet.text === this.data.initial ? null : encoded;
    const search = searchWith(location.search, parameter, wanted);
    if (sameParameter(search, location.search, parameter)) return;
    const wait = this.addressAt + ADDRESS_MS - performance.now();
    if (!atOnce && wait > 0) {
      this.addressTimer = setTimeout(this.guarded(this.writeAddress), wait);
      return;
    }
    this.addressAt = performance.now();
    try {
      history.replaceState(history.state, "", location.pathname + search + location.hash);
    } catch {
      this.addressTimer = setTimeout(this.guarded(this.writeAddress), 1000);
    }
  }
}

/* How a change is joined with its neighbours in one step of undo; null for a step of its own. */
function kindOf(event) {
  const type = event?.inputType ?? "";
  if (type === "insertText" || type === "insertCompositionText") return "insert";
  return type.startsWith("deleteContent") ? "delete" : null;
}

/* After a reload what the tab held, letters typed in its last moment included. */
function savedBeforeReload(data) {
  const [entry] = performance.getEntriesByType("navigation");
  if (data.revision !== 0 || !["reload", "back_forward"].includes(entry?.type)) return null;
  const saved = stored(data.slot);
  if (!saved) return null;
  // One steps back to an address: another text than then may stand in it.
  if (entry.type === "back_forward" && saved.address !== address()) return null;
  return { text: String(saved.text), revision: 0, cut: Number(saved.cut) || 0 };
}

function address() {
  return location.pathname + location.search;
}

/* The tab's storage; a browser may forbid it, and then a reload has the link alone. */
function store(slot, saved) {
  try {
    sessionStorage.setItem(`review-editor:${slot}`, JSON.stringify(saved));
  } catch (error) {
    console.info("review editor: nothing kept for a reload:", error.message);
  }
}

function stored(slot) {
  try {
    return JSON.parse(sessionStorage.getItem(`review-editor:${slot}`) ?? "null");
  } catch {
    return null;
  }
}

/* The script failed: say so, and offer the plain text area with the text in the link. */
function showTrouble(root, data, text, error) {
  console.error("review editor:", error);
  const area = root.querySelector("textarea");
  if (area.readOnly) area.value = text; // it failed before it began: the text can be copied
  root.querySelector(".trouble").hidden = false;
  linkToPlain(root, data, text);
}

function linkToPlain(root, data, text) {
  const search = searchWith(location.search, data.plainParameter, "true");
  const encoded = encodedText(text, data.troubleLimit);
  const whole = searchWith(search, data.parameter, encoded);
  root.querySelector(".trouble a").href = location.pathname + whole;
  root.querySelector(".copy").hidden = encoded !== null;
}

/* The text as Python's quote_plus writes it, or null when that is longer than the limit. */
function encodedText(text, limit) {
  if (text.length > limit) return null;
  const percent = (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  const encoded = encodeURIComponent(wellFormed(text)).replace(/[!'()*]/g, percent);
  const plus = encoded.replaceAll("%20", "+");
  return plus.length > limit ? null : plus;
}

function searchWith(search, parameter, encoded) {
  const parts = search.replace(/^\?/, "").split("&");
  const kept = parts.filter((part) => part && part.split("=")[0] !== parameter);
  if (encoded !== null) kept.push(`${parameter}=${encoded}`);
  return kept.length ? `?${kept.join("&")}` : "";
}

function sameParameter(one, other, parameter) {
  return new URLSearchParams(one).get(parameter) === new URLSearchParams(other).get(parameter);
}

/* A lone half of a surrogate pair cannot be sent or put in a link. */
function wellFormed(text) {
  return text.toWellFormed ? text.toWellFormed() : new TextDecoder().decode(new TextEncoder().encode(text));
}

function inWords(number) {
  return number.toLocaleString("en-GB");
}
