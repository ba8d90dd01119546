// A gallery of pictures with a slider for each of its axes. It reads its pages from the labelled tables that stand in the
// page and puts itself in their place. `openSliders(root, config, door)`: `door.ask(position)` makes a page that is missing,
// `door.moved(position)` hears where the reader is.

import { element } from "./element.js";
import { keyOf, moved, nextFactor, stepAt } from "./page.js";

export async function openSliders(root, config, door = {}) {
  if (root.dataset.srkitMounted) return root.srkit;
  root.dataset.srkitMounted = "yes";
  const still = root.querySelector(".srkit-pages");
  const gallery = { root, config, door, pages: new Map(), factor: 1, position: config.axes.map((axis) => axis.start), peeking: false };
  try {
    for (const table of still.querySelectorAll("[data-page]")) await addPage(gallery, table);
    buildSliders(gallery);
    still.hidden = true;
    gallery.goTo = (position) => goTo(gallery, position);
    show(gallery);
    root.srkit = gallery;
  } catch (error) {
    still.hidden = false;
    root.querySelector(".srkit-frame")?.remove();
    root.append(element("p", { class: "srkit-trouble", role: "alert" }, `The sliders could not start (${error.message}). The tables above are complete.`));
  }
  return root.srkit;
}

// A page: its pictures by title, its text, its code. A picture that is missing is the one of the first page.
async function addPage(gallery, table) {
  const page = { pictures: new Map(), text: table.querySelector("[data-text]")?.textContent ?? "", code: table.querySelector("code")?.textContent ?? "" };
  for (const image of table.querySelectorAll("img[data-picture]")) {
    await image.decode();
    const bitmap = await createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    page.pictures.set(image.dataset.picture, { bitmap, zoom: Number(image.dataset.zoom), alt: image.alt, text: image.dataset.words ?? "" });
  }
  gallery.pages.set(table.dataset.page, page);
  return page;
}

function buildSliders(gallery) {
  const { config } = gallery;
  gallery.sliders = config.axes.map((axis, i) => element("input", { type: "range", min: 0, max: axis.values.length - 1, step: 1, "aria-label": axis.name,
    oninput: (event) => turn(gallery, i, Number(event.target.value)) }));
  gallery.outputs = config.axes.map(() => element("output", {}));
  const rows = config.axes.map((axis, i) => element("label", { class: "srkit-axis", hidden: axis.values.length < 2 },
    element("span", {}, axis.name), gallery.sliders[i], gallery.outputs[i]));
  const buttons = element("span", { class: "srkit-group" },
    button("-", "Smaller (-)", () => enlarge(gallery, -1)), button("+", "Larger (+)", () => enlarge(gallery, 1)),
    button("Start", "Back to the start (0)", () => goTo(gallery, config.axes.map((axis) => axis.start))),
    button("Peek", "Hold to see the start (Space)", () => {}, { onpointerdown: () => peek(gallery, true), onpointerup: () => peek(gallery, false), onpointerleave: () => peek(gallery, false) }));
  gallery.figures = new Map(config.pictures.map((title) => [title, buildFigure(gallery, title)]));
  gallery.stage = element("div", { class: "srkit-pictures", tabindex: 0, role: "group", "aria-label": "Pictures. Arrow keys move the first slider." },
    ...[...gallery.figures.values()].map(({ figure }) => figure));
  gallery.text = element("div", { class: "srkit-words", role: "status", "aria-live": "polite" });
  gallery.code = element("code", {});
  gallery.codeLine = element("div", { class: "srkit-code" }, gallery.code, button("Copy", "Copy the code", () => copy(gallery)));
  gallery.frame = element("div", { class: "srkit-frame", role: "group", "aria-label": config.title, "data-lm-suppress-shortcuts": "true" },
    element("div", { class: "srkit-head" }, element("b", {}, config.title), buttons),
    element("div", { class: "srkit-axes" }, ...rows), gallery.stage, gallery.text, gallery.codeLine);
  gallery.stage.addEventListener("keydown", (event) => press(gallery, event));
  gallery.stage.addEventListener("keyup", (event) => { if (event.key === " ") peek(gallery, false); });
  gallery.root.append(gallery.frame);
}

function buildFigure(gallery, title) {
  const canvas = element("canvas", { role: "img" });
  const words = element("div", { class: "srkit-small" });
  const figure = element("figure", {}, element("figcaption", {}, title), element("div", { class: "srkit-window" }, canvas), words);
  const { click } = gallery.config;
  if (click && click.pictures.includes(title)) {
    canvas.classList.add("srkit-target");
    canvas.addEventListener("click", (event) => pick(gallery, canvas, event));
  }
  return { figure, canvas, words };
}

function button(text, title, action, more = {}) {
  return element("button", { type: "button", title, "aria-label": title, onclick: action, ...more }, text);
}

function press(gallery, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  const free = gallery.config.axes.map((axis, i) => i).filter((i) => gallery.config.axes[i].values.length > 1);
  const vertical = event.key === "ArrowUp" || event.key === "ArrowDown";
  const axis = free[vertical && free.length > 1 ? 1 : 0];
  if (event.key in steps && axis !== undefined) turn(gallery, axis, gallery.position[axis] + steps[event.key]);
  else if (event.key === "+" || event.key === "-") enlarge(gallery, event.key === "+" ? 1 : -1);
  else if (event.key === "0") goTo(gallery, gallery.config.axes.map(({ start }) => start));
  else if (event.key === " ") peek(gallery, true);
  else if (event.key === "c") copy(gallery);
  else return;
  event.preventDefault();
}

function turn(gallery, axis, value) {
  const { axes } = gallery.config;
  const kept = Math.min(axes[axis].values.length - 1, Math.max(0, value));
  goTo(gallery, moved(gallery.position, axis, kept, { starts: axes.map(({ start }) => start), has: (key) => gallery.pages.has(key), canMake: Boolean(gallery.door.ask) }));
}

function pick(gallery, canvas, event) {
  const { grid: [rows, columns], axes } = gallery.config.click;
  const box = canvas.getBoundingClientRect();
  const row = stepAt(event.clientY - box.top, box.height, rows);
  const column = stepAt(event.clientX - box.left, box.width, columns);
  const wanted = [...gallery.position];
  if (axes.length === 1) wanted[axes[0]] = Math.min(row * columns + column, gallery.config.axes[axes[0]].values.length - 1);
  else [wanted[axes[0]], wanted[axes[1]]] = [row, column];
  if (gallery.door.ask || gallery.pages.has(keyOf(wanted))) goTo(gallery, wanted);
}

function goTo(gallery, position) {
  const changed = keyOf(position) !== keyOf(gallery.position);
  gallery.position = position;
  show(gallery);
  if (changed) gallery.door.moved?.(position);
}

function peek(gallery, on) {
  if (gallery.peeking === on) return;
  gallery.peeking = on;
  show(gallery);
}

function enlarge(gallery, direction) {
  gallery.factor = nextFactor(gallery.factor, direction);
  show(gallery);
}

async function copy(gallery) {
  if (!gallery.code.textContent) return;
  try {
    await navigator.clipboard.writeText(gallery.code.textContent);
    gallery.text.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(gallery.code);
    gallery.text.textContent = "Selected: copy it with Ctrl+C.";
  }
}

function show(gallery) {
  const { config } = gallery;
  const starts = config.axes.map(({ start }) => start);
  const key = keyOf(gallery.peeking ? starts : gallery.position);
  gallery.position.forEach((value, i) => {
    gallery.sliders[i].value = value;
    gallery.outputs[i].textContent = config.axes[i].values[value];
    gallery.sliders[i].setAttribute("aria-valuetext", config.axes[i].values[value]);
  });
  const first = gallery.pages.get(keyOf(starts));
  const page = gallery.pages.get(key);
  gallery.frame.setAttribute("aria-busy", String(!page));
  if (!page) {
    gallery.door.ask(gallery.position);
    return;
  }
  for (const [title, parts] of gallery.figures) draw(parts, page.pictures.get(title) ?? first.pictures.get(title), gallery.factor);
  gallery.text.textContent = (gallery.peeking ? "The start: " : "") + page.text;
  gallery.code.textContent = page.code;
  gallery.codeLine.hidden = !page.code;
}

function draw({ canvas, words }, picture, factor) {
  const { bitmap, zoom, alt, text } = picture;
  if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
  if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  canvas.style.width = `${bitmap.width * zoom * factor}px`;
  canvas.style.height = `${bitmap.height * zoom * factor}px`;
  canvas.setAttribute("aria-label", alt);
  words.textContent = text;
}

// What came from Python for one position, as the same table that a page would hold.
export async function receivePage(gallery, html) {
  const table = new DOMParser().parseFromString(html, "text/html").querySelector("[data-page]");
  await addPage(gallery, document.importNode(table, true));
  show(gallery);
}
