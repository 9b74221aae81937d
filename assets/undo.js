/*
 * Undo for a text area on a page that changes while one types.
 *
 * A browser joins letters into one step of undo only as long as nothing else in the document
 * changes; on a live page that leaves one step per letter. Here a step is a run of typing (up to a
 * pause, a line break or the end of a sentence), a run of deleting, a paste, or a text that came
 * from Python.
 */

const UNDO_PAUSE_MS = 1000;
const UNDO_CHARACTERS = 2_000_000; // of all steps together; the oldest are dropped

class UndoHistory {
  constructor(text) {
    this.past = [];
    this.future = [];
    this.present = { text, start: text.length, end: text.length };
    this.kind = null;
    this.at = -Infinity;
  }

  /* Note where the caret stands before a change. */
  before(area) {
    this.caret = [area.selectionStart, area.selectionEnd];
  }

  /* Note a change that has happened. */
  changed(area, kind) {
    const next = { text: area.value, start: area.selectionStart, end: area.selectionEnd };
    const now = performance.now();
    if (next.text !== this.present.text) {
      if (!this.continues(next, kind, now)) this.past.push(this.present);
      this.future = [];
      this.trim();
    }
    this.present = next;
    this.kind = kind;
    this.at = now;
  }

  continues(next, kind, now) {
    if (kind === null || kind !== this.kind || now - this.at > UNDO_PAUSE_MS) return false;
    const [start, end] = this.caret ?? [];
    if (start !== end || start !== this.present.end) return false;
    if (kind === "delete") return true;
    // A step begins with the space after a sentence, so that undoing it leaves no space behind.
    return !/\n$|[.!?…]\s$/.test(next.text.slice(0, next.start));
  }

  trim() {
    let total = this.past.reduce((sum, one) => sum + one.text.length, 0);
    while (total > UNDO_CHARACTERS && this.past.length) total -= this.past.shift().text.length;
  }

  /* Go one step back, or with `redo` forward; whether there was one. */
  step(area, redo) {
    const [from, to] = redo ? [this.future, this.past] : [this.past, this.future];
    if (!from.length) return false;
    to.push(this.present);
    this.present = from.pop();
    this.kind = null;
    area.value = this.present.text;
    area.setSelectionRange(this.present.start, this.present.end);
    return true;
  }
}
