// The buttons, the lists and the help: built once from tables, told what is pressed whenever the view changes.

import { element } from "./element.js";
import { ERRORS, LOOKS, MODES, TOOLS } from "./view.js";

export const KEYS = [
  ["1 to 9", "show that picture (left); with Shift: on the right"],
  ["Space (hold)", "peek at the right picture"],
  ["S  F  D  G", "slider, flip, side by side, grid"],
  ["V", "turn the slider: vertical or horizontal"],
  [",  .", "move the divider"],
  ["K", "flicker between left and right, twice a second"],
  ["arrows, drag", "move the picture (Shift: faster)"],
  ["+  -, wheel", "zoom about the cursor; once the whole is seen, the wheel moves the page"],
  ["0  O", "fit the stage; one picture pixel per screen pixel"],
  ["N", "nearest pixels or smooth"],
  ["E", "picture; signed, absolute, squared error; SSIM map; spectrum"],
  ["[  ]", "shorter or longer error scale"],
  ["M  R  L  B", "tool: move, region, line profile, figure box"],
  ["Z", "magnifier under the cursor"],
  ["H", "histogram of the region"],
  ["X", "blind: hide names and numbers, shuffle"],
  ["Delete", "remove the last box, the line, the region"],
  ["P", "save the figure as PNG"],
  ["C", "copy the view, for compare(..., view=...)"],
  ["?", "this help"],
];

function button(text, title, action, name) {
  return element("button", { type: "button", title, "aria-label": title, "data-name": name, onclick: action }, text);
}

function group(label, ...children) {
  return element("div", { class: "srkit-group", role: "group", "aria-label": label }, ...children);
}

export function buildControls(viewer) {
  const { set } = viewer;
  const modes = Object.entries(MODES).map(([mode, name]) => button(name, `${name} (${keyOf(mode)})`, () => set({ mode }), mode));
  const tools = Object.entries(TOOLS).map(([tool, name]) => button(name, toolTitle(tool), () => set({ tool }), tool));
  const looks = Object.entries(LOOKS).filter(([look]) => viewer.config.truth >= 0 || !ERRORS.includes(look));
  const parts = {
    modes, tools,
    left: list("Left picture", [], (value) => set({ left: Number(value) })),
    right: list("Right picture", [], (value) => set({ right: Number(value) })),
    look: list("What is drawn", looks, (look) => set({ look })),
    smooth: button("Nearest", "Nearest pixels or smooth (N)", () => set({ smooth: !viewer.view.smooth }), "smooth"),
    toggles: [
      button("Magnifier", "Magnifier under the cursor (Z)", () => set({ lens: !viewer.view.lens }), "lens"),
      button("Histogram", "Histogram of the region (H)", () => set({ histogram: !viewer.view.histogram }), "histogram"),
      button("Flicker", "Flicker between left and right (K)", () => set({ flicker: !viewer.view.flicker }), "flicker"),
      button("Blind", "Hide names and numbers, shuffle (X)", () => set({ blind: !viewer.view.blind }), "blind"),
    ],
    help: button("?", "Keys and help (?)", () => viewer.toggleHelp(), "help"),
    limit: element("input", { type: "range", min: 0, max: 8, step: 0.25, "aria-label": "End of the error scale, in levels",
      oninput: (event) => set({ limit: 2 ** Number(event.target.value) }) }),
    limitText: element("output", {}),
    bar: element("canvas", { class: "srkit-scale", width: 120, height: 10, "aria-hidden": "true" }),
  };
  parts.scale = group("Error scale", parts.limit, parts.bar, parts.limitText);
  const zooms = group("Zoom", button("-", "Smaller (-)", () => viewer.zoomStep(-1)), button("+", "Larger (+)", () => viewer.zoomStep(1)),
    button("Fit", "Fit the stage (0)", () => set({ zoom: 0, centre: viewer.middle() }), "fit"),
    button("1:1", "One pixel per pixel (O)", () => set({ zoom: 1 }), "one"));
  const pictures = group("Pictures", parts.left, element("span", { "aria-hidden": "true" }, " | "), parts.right);
  parts.element = element("div", { class: "srkit-bar", role: "toolbar", "aria-label": "Viewer" },
    group("Layout", ...modes), pictures, parts.look, zooms, parts.smooth, group("Tool", ...tools),
    group("Extras", ...parts.toggles), parts.help);
  return parts;
}

const keyOf = (mode) => ({ slider: "S", flip: "F", side: "D", grid: "G" })[mode];

function toolTitle(tool) {
  const titles = { move: "Drag moves the picture (M)", region: "Drag marks a region to measure (R)",
    line: "Drag draws a line profile (L)", box: "Drag adds a box to the figure (B)" };
  return titles[tool];
}

function list(label, entries, changed) {
  const select = element("select", { "aria-label": label, onchange: (event) => changed(event.target.value) });
  fill(select, entries);
  return select;
}

function fill(select, entries) {
  select.replaceChildren(...entries.map(([value, name]) => element("option", { value }, name)));
}

export function showControls(viewer, parts) {
  const { view, config } = viewer;
  const press = (made, on) => made.setAttribute("aria-pressed", String(Boolean(on)));
  for (const made of parts.modes) press(made, made.dataset.name === view.mode);
  for (const made of parts.tools) press(made, made.dataset.name === view.tool);
  for (const made of parts.toggles) press(made, view[made.dataset.name]);
  press(parts.smooth, view.smooth);
  parts.smooth.textContent = view.smooth ? "Smooth" : "Nearest";
  const entries = viewer.order.map((index, i) => [index, `${i + 1} ${viewer.label(index)}`]);
  for (const side of ["left", "right"]) {
    if (parts[side].dataset.key !== String(entries)) fill(parts[side], entries);
    parts[side].dataset.key = String(entries);
    parts[side].value = view[side];
  }
  parts.right.disabled = view.mode === "grid";
  parts.look.value = view.look;
  const error = ERRORS.includes(view.look);
  parts.scale.hidden = !(error || view.look === "spectrum") || (error && config.truth < 0);
  if (!parts.scale.hidden) showScale(viewer, parts);
}

// What the two ends of the colour bar mean.
function scaleWords({ view, config }) {
  const end = (value) => Number(value.toPrecision(3));
  const planes = { y: "Y", grey: "the grey levels", rgb: "R, G and B" }[config.channel];
  return {
    signed: `-${end(view.limit)} (too dark) to +${end(view.limit)} (too bright) levels of Y`,
    absolute: `0 to ${end(view.limit)} levels of Y`,
    squared: `0 to ${end(view.limit ** 2)} squared levels of Y`,
    ssim: `1 (alike) to 0 or below (unlike): SSIM of ${planes} in the 11 x 11 px around`,
    spectrum: "-60 to +20 dB of luma levels, middle = slow changes",
  }[view.look];
}

function showScale(viewer, parts) {
  const { view } = viewer;
  const signed = view.look === "signed";
  parts.limit.hidden = view.look === "ssim" || view.look === "spectrum";
  parts.limit.value = Math.log2(view.limit);
  parts.limitText.textContent = scaleWords(viewer);
  const table = viewer.tables[signed ? "diverging" : "sequential"];
  const image = new ImageData(120, 10);
  for (let i = 0; i < 1200; i += 1) {
    const at = 4 * Math.round(((i % 120) / 119) * 1023);
    for (let c = 0; c < 4; c += 1) image.data[4 * i + c] = table[at + c];
  }
  parts.bar.getContext("2d").putImageData(image, 0, 0);
}

export function buildHelp(viewer) {
  const rows = KEYS.map(([keys, meaning]) => element("div", {}, element("kbd", {}, keys), element("span", {}, meaning)));
  const close = button("Close", "Close the help (Escape)", () => viewer.toggleHelp(), "close");
  return element("div", { class: "srkit-help", role: "dialog", "aria-label": "Keys", hidden: true },
    element("div", { class: "srkit-keys" }, ...rows), close);
}
