/* The picture of one step: an SVG that the app made from numbers, put in place without a flicker. */

export default function mount(component) {
  const { data, parentElement: root } = component;
  const parsed = new DOMParser().parseFromString(data.svg, "image/svg+xml");
  root.querySelector(".step").replaceChildren(document.importNode(parsed.documentElement, true));
}
