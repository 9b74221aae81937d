/*
 * Pointer and keyboard on the live page's chart (reading.js): the tip beside what is pointed at, and
 * pins. A click pins a word, a unit or both; with the keyboard the arrow keys move and Enter pins.
 */

class Pointed {
  /* Column and row at a point; -1 left of the columns, null above the rows, undefined outside. */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const column = Math.max(-1, Math.floor((x - this.left) / this.step));
    if (column >= this.data.labels.length || y < this.lineTop) return undefined;
    const row = this.tops.findIndex((top) => this.statesTop + top > y) - 1;
    const inRows = row >= 0;
    if (column < 0 && !inRows) return undefined;
    return { column, row: inRows ? row : null, x, y };
  }

  point(event) {
    const found = this.at(event);
    if (!found || found.y > this.bottom) {
      this.unpoint();
      return;
    }
    this.pointer = { clientX: event.clientX, clientY: event.clientY };
    this.tell(found, found.x, found.y);
  }

  tell(hovered, x, y) {
    this.hovered = hovered;
    this.tip.textContent = describe(this.data, this.values, hovered);
    this.tip.hidden = false;
    const side = x > this.width / 2 ? x - this.tip.offsetWidth - 14 : x + 14;
    this.tip.style.left = `${Math.max(0, Math.min(side, this.width - this.tip.offsetWidth))}px`;
    this.tip.style.top = `${y + 12}px`;
    this.draw();
  }

  /* Pin a word, a unit or both; the same choice again takes the pin away. */
  choose(found) {
    if (!found) return;
    const { data } = this;
    const column = found.column < 0 ? data.column : found.column;
    const row = found.row ?? data.row;
    const again = column === data.column && row === data.row;
    this.pin({
      place: again || column === null ? null : data.first + column,
      unit: again || row === null ? null : data.units[row],
    });
  }

  press(event) {
    const { data } = this;
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const start = { column: data.column ?? data.labels.length - 1, row: data.row };
    const { column, row } = this.hovered ?? start;
    if (event.key === "Enter" || event.key === " ") this.choose(this.hovered ?? start);
    else if (event.key === "Escape") this.unpoint();
    else if (!right && !down) return;
    else {
      const clamp = (value, last) => Math.min(Math.max(value, 0), last);
      const next = clamp(column + right, data.labels.length - 1);
      const at = down ? clamp((row ?? -down) + down, data.units.length - 1) : row;
      const y = at === null ? this.lineTop : this.statesTop + this.tops[at];
      this.tell({ column: next, row: at }, this.across(next), y);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  unpoint() {
    if (!this.hovered) return;
    this.pointer = this.hovered = undefined;
    this.tip.hidden = true;
    this.draw();
  }
}
