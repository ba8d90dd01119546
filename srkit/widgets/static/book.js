// A book of pictures with a slider for each of its axes. It reads its leaves from the labelled tables that stand in the
// page and puts itself in their place. `openBook(root, config, door)`: `door.ask(position)` makes a leaf that is missing,
// `door.moved(position)` hears where the reader is.

import { element } from "./element.js";
import { keyOf, moved, nextFactor, stepAt } from "./leaf.js";

export async function openBook(root, config, door = {}) {
  if (root.dataset.srkitMounted) return root.srkit;
  root.dataset.srkitMounted = "yes";
  const still = root.querySelector(".srkit-leaves");
  const book = { root, config, door, leaves: new Map(), factor: 1, position: config.axes.map((axis) => axis.start), peeking: false };
  try {
    for (const table of still.querySelectorAll("[data-leaf]")) await addLeaf(book, table);
    buildBook(book);
    still.hidden = true;
    book.goTo = (position) => goTo(book, position);
    show(book);
    root.srkit = book;
  } catch (error) {
    still.hidden = false;
    root.querySelector(".srkit-frame")?.remove();
    root.append(element("p", { class: "srkit-trouble", role: "alert" }, `The sliders could not start (${error.message}). The tables above are complete.`));
  }
  return root.srkit;
}

// A leaf: its pictures by title, its text, its code. A picture that is missing is the one of the first leaf.
async function addLeaf(book, table) {
  const leaf = { plates: new Map(), text: table.querySelector("[data-text]")?.textContent ?? "", code: table.querySelector("code")?.textContent ?? "" };
  for (const image of table.querySelectorAll("img[data-plate]")) {
    await image.decode();
    const bitmap = await createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    leaf.plates.set(image.dataset.plate, { bitmap, zoom: Number(image.dataset.zoom), alt: image.alt, text: image.dataset.words ?? "" });
  }
  book.leaves.set(table.dataset.leaf, leaf);
  return leaf;
}

function buildBook(book) {
  const { config } = book;
  book.sliders = config.axes.map((axis, i) => element("input", { type: "range", min: 0, max: axis.values.length - 1, step: 1, "aria-label": axis.name,
    oninput: (event) => turn(book, i, Number(event.target.value)) }));
  book.outputs = config.axes.map(() => element("output", {}));
  const rows = config.axes.map((axis, i) => element("label", { class: "srkit-axis", hidden: axis.values.length < 2 },
    element("span", {}, axis.name), book.sliders[i], book.outputs[i]));
  const buttons = element("span", { class: "srkit-group" },
    button("-", "Smaller (-)", () => enlarge(book, -1)), button("+", "Larger (+)", () => enlarge(book, 1)),
    button("Start", "Back to the start (0)", () => goTo(book, config.axes.map((axis) => axis.start))),
    button("Peek", "Hold to see the start (Space)", () => {}, { onpointerdown: () => peek(book, true), onpointerup: () => peek(book, false), onpointerleave: () => peek(book, false) }));
  book.figures = new Map(config.plates.map((title) => [title, buildFigure(book, title)]));
  book.stage = element("div", { class: "srkit-plates", tabindex: 0, role: "group", "aria-label": "Pictures. Arrow keys move the first slider." },
    ...[...book.figures.values()].map(({ figure }) => figure));
  book.text = element("div", { class: "srkit-words", role: "status", "aria-live": "polite" });
  book.code = element("code", {});
  book.codeLine = element("div", { class: "srkit-code" }, book.code, button("Copy", "Copy the code", () => copy(book)));
  book.frame = element("div", { class: "srkit-frame", role: "group", "aria-label": config.title, "data-lm-suppress-shortcuts": "true" },
    element("div", { class: "srkit-head" }, element("b", {}, config.title), buttons),
    element("div", { class: "srkit-axes" }, ...rows), book.stage, book.text, book.codeLine);
  book.stage.addEventListener("keydown", (event) => press(book, event));
  book.stage.addEventListener("keyup", (event) => { if (event.key === " ") peek(book, false); });
  book.root.append(book.frame);
}

function buildFigure(book, title) {
  const canvas = element("canvas", { role: "img" });
  const words = element("div", { class: "srkit-small" });
  const figure = element("figure", {}, element("figcaption", {}, title), element("div", { class: "srkit-window" }, canvas), words);
  const { click } = book.config;
  if (click && click.plates.includes(title)) {
    canvas.classList.add("srkit-target");
    canvas.addEventListener("click", (event) => pick(book, canvas, event));
  }
  return { figure, canvas, words };
}

function button(text, title, action, more = {}) {
  return element("button", { type: "button", title, "aria-label": title, onclick: action, ...more }, text);
}

function press(book, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  const free = book.config.axes.map((axis, i) => i).filter((i) => book.config.axes[i].values.length > 1);
  const vertical = event.key === "ArrowUp" || event.key === "ArrowDown";
  const axis = free[vertical && free.length > 1 ? 1 : 0];
  if (event.key in steps && axis !== undefined) turn(book, axis, book.position[axis] + steps[event.key]);
  else if (event.key === "+" || event.key === "-") enlarge(book, event.key === "+" ? 1 : -1);
  else if (event.key === "0") goTo(book, book.config.axes.map(({ start }) => start));
  else if (event.key === " ") peek(book, true);
  else if (event.key === "c") copy(book);
  else return;
  event.preventDefault();
}

function turn(book, axis, value) {
  const { axes } = book.config;
  const kept = Math.min(axes[axis].values.length - 1, Math.max(0, value));
  goTo(book, moved(book.position, axis, kept, { starts: axes.map(({ start }) => start), has: (key) => book.leaves.has(key), canMake: Boolean(book.door.ask) }));
}

function pick(book, canvas, event) {
  const { grid: [rows, columns], axes } = book.config.click;
  const box = canvas.getBoundingClientRect();
  const row = stepAt(event.clientY - box.top, box.height, rows);
  const column = stepAt(event.clientX - box.left, box.width, columns);
  const wanted = [...book.position];
  if (axes.length === 1) wanted[axes[0]] = Math.min(row * columns + column, book.config.axes[axes[0]].values.length - 1);
  else [wanted[axes[0]], wanted[axes[1]]] = [row, column];
  if (book.door.ask || book.leaves.has(keyOf(wanted))) goTo(book, wanted);
}

function goTo(book, position) {
  const changed = keyOf(position) !== keyOf(book.position);
  book.position = position;
  show(book);
  if (changed) book.door.moved?.(position);
}

function peek(book, on) {
  if (book.peeking === on) return;
  book.peeking = on;
  show(book);
}

function enlarge(book, direction) {
  book.factor = nextFactor(book.factor, direction);
  show(book);
}

async function copy(book) {
  if (!book.code.textContent) return;
  try {
    await navigator.clipboard.writeText(book.code.textContent);
    book.text.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(book.code);
    book.text.textContent = "Selected: copy it with Ctrl+C.";
  }
}

function show(book) {
  const { config } = book;
  const starts = config.axes.map(({ start }) => start);
  const key = keyOf(book.peeking ? starts : book.position);
  book.position.forEach((value, i) => {
    book.sliders[i].value = value;
    book.outputs[i].textContent = config.axes[i].values[value];
    book.sliders[i].setAttribute("aria-valuetext", config.axes[i].values[value]);
  });
  const first = book.leaves.get(keyOf(starts));
  const leaf = book.leaves.get(key);
  book.frame.setAttribute("aria-busy", String(!leaf));
  if (!leaf) {
    book.door.ask(book.position);
    return;
  }
  for (const [title, parts] of book.figures) draw(parts, leaf.plates.get(title) ?? first.plates.get(title), book.factor);
  book.text.textContent = (book.peeking ? "The start: " : "") + leaf.text;
  book.code.textContent = leaf.code;
  book.codeLine.hidden = !leaf.code;
}

function draw({ canvas, words }, plate, factor) {
  const { bitmap, zoom, alt, text } = plate;
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
export async function receiveLeaf(book, html) {
  const table = new DOMParser().parseFromString(html, "text/html").querySelector("[data-leaf]");
  await addLeaf(book, document.importNode(table, true));
  show(book);
}
