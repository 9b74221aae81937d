/*
 * The rows of the live page's chart (reading.js): their names, heights and descriptions.
 */

const STATES = 176; // pixels of all rows, at least
const FOLD = 800; // pixels of a window that the page fills with so many
const SPARE = 240; // pixels more at most, in a higher window
const LEAST_ROW = 3;
const LABEL = 13; // pixels of height that the name of a row needs
const NAMED = 4; // rows named at either end

/* A unit, the words that move it where they are known, and its part in the prediction. */
function rowName({ units, unitWords, parts }, row, narrow, part = signed(parts[row] ?? 0, 2)) {
  const unit = units[row];
  const words = unitWords[unit]?.[0] ?? "";
  if (narrow) return words ? `${unit}: ${words}` : `unit ${unit}`;
  return `unit ${unit}${words && ": "}${words}${parts.length ? ` ${part}` : ""}`;
}

/* A higher window has room for higher rows; as in reading.css, which keeps the place free. */
function rowsHeight(narrow) {
  return STATES + (narrow ? 0 : Math.min(Math.max(window.innerHeight - FOLD, 0), SPARE));
}

/* The rows at either end and the pinned one; all or, in the stored order, as many as fit. */
function namedRows({ units, row, stored }, height) {
  const last = units.length - 1;
  if (!stored && height / units.length < LABEL) {
    const rows = units.map((_, at) => at);
    return new Set(rows.filter((at) => at < NAMED || last - at < NAMED || at === row));
  }
  const every = Math.ceil(LABEL / Math.max(height / units.length, LEAST_ROW));
  const rows = Array.from({ length: Math.floor(last / every) + 1 }, (_, at) => at * every);
  const free = rows.filter((one) => row === null || Math.abs(one - row) >= every);
  return new Set(row === null ? free : [...free, row]);
}

/* Where each row begins, and the last one ends: named rows have room for their names. */
function rowTops({ units, stored }, named, height) {
  const even = Math.max(height / units.length, LEAST_ROW);
  const tall = stored ? even : Math.max(even, LABEL);
  const others = units.length - named.size;
  const low = stored || !others ? even : Math.max(LEAST_ROW, (height - tall * named.size) / others);
  const tops = [0];
  units.forEach((_, row) => tops.push(tops.at(-1) + (named.has(row) ? tall : low)));
  return tops;
}

/* What stands at a column and a row, in words. */
function describe(data, values, { column, row }) {
  const { names, where, percents, contributions, units, parts, bias, logits, raw } = data;
  const unit = row === null ? "" : `unit ${units[row]}`;
  const profile = row === null ? [] : profileOf(data, units[row]);
  const total = parts.length ? [`${unit}: ${signed(parts[row] ?? 0, 4)} of the final logit`] : [];
  if (column < 0) return [...(total.length ? total : [unit]), ...profile].join("\n");
  const word = `“${names[column]}”, ${where[column]}`;
  if (row !== null) {
    const value = signed(values[column * units.length + row], 4);
    const lines = raw ? [`${unit}: h = ${value}`] : [`${unit}: effect ${value}`, ...total];
    return [word, ...lines, ...profile].join("\n");
  }
  const moved = `${percents[column]} so far; added ${signed(contributions[column], 4)} to the logit`;
  if (bias === null) return `${word}\n${moved}`;
  const sum = signed(logits[column] - bias, 4);
  return `${word}\n${moved}\nlogit ${signed(logits[column], 4)} = units ${sum}, bias ${signed(bias, 4)}`;
}

/* The words that move a unit on average, with how often each was read. */
function profileOf({ unitWords, unitWordsSource, raw }, unit) {
  const lines = ["raise", "lower"].map((verb, side) => {
    const words = counted(unitWords[unit]?.[side + 1] ?? []);
    return words && `${verb} its ${raw ? "hidden state" : "effect"}: ${words}`;
  });
  const found = lines.filter(Boolean);
  return found.length ? [...found, `(times read in ${unitWordsSource})`] : [];
}

function counted(words) {
  return words.map(([word, count]) => `“${word}” (${count.toLocaleString("en")})`).join(", ");
}
