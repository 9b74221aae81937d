/*
 * One history entry for one action of a person. Streamlit adds an entry for every parameter that a
 * run writes into the address; Back would lead to addresses that miss the later ones.
 */

if (!window.lensHistory) {
  const push = history.pushState;
  let acted = false; // whether the next address is a new entry
  window.lensHistory = true;
  for (const name of ["pointerdown", "keydown", "click", "popstate"]) {
    window.addEventListener(name, () => { acted = name !== "popstate"; }, true);
  }
  history.pushState = function (...values) {
    const write = acted ? push : history.replaceState;
    acted = false;
    return write.apply(history, values);
  };
}
