// The viewer: reads the pictures from the labelled table that stands in the page, and puts itself in the table's place.
// `mount(root, config, door)` is all that a page or a notebook widget calls; `door.changed(view)` hears every change.

import { buildControls, buildHelp, showControls } from "./controls.js";
import { element } from "./element.js";
import { drawStage, colourTable } from "./paint.js";
import { lumaPlane } from "./numbers.js";
import { firstView, opening } from "./opening.js";
import { legalView, nextZoom, panes, zoomedAbout } from "./view.js";
import { listen } from "./input.js";
import { addPanels } from "./panels.js";

export async function mount(root, config, door = {}) {
  if (root.dataset.srkitMounted) return root.srkit;
  root.dataset.srkitMounted = "yes";
  const still = root.querySelector(".srkit-still");
  try {
    const pictures = await Promise.all([...still.querySelectorAll("img[data-picture]")].map((image) => loadPicture(image, config)));
    root.srkit = buildViewer(root, still, config, pictures, door);
  } catch (error) {
    still.hidden = false;
    root.querySelector(".srkit-frame")?.remove();
    root.append(element("p", { class: "srkit-trouble", role: "alert" }, `The viewer could not start (${error.message}). The table above is complete.`));
  }
  return root.srkit;
}

async function loadPicture(image, config) {
  await image.decode();
  const bitmap = await createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const [width, height] = [bitmap.width, bitmap.height];
  let context = null;
  const pixels = (x, y, w, h) => {
    if (!context) {
      context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      context.drawImage(bitmap, 0, 0);
    }
    return context.getImageData(x, y, w, h);
  };
  return { bitmap, width, height, factor: config.width / width, pixels };
}

function buildViewer(root, still, config, pictures, door) {
  const viewer = {
    root, still, config, pictures, door, stage: { width: 600, height: config.stage, ratio: 1 }, spectra: new Map(), lumas: new Map(), similarities: new Map(), errorCodes: new Map(), mapping: 0,
    order: config.names.map((_, index) => index), numbers: config.names.map(() => null), lastWheel: 0, pointer: null,
    tables: { diverging: colourTable(config.maps.diverging), sequential: colourTable(config.maps.sequential) },
  };
  addActions(viewer);
  addPanels(viewer);
  buildFrame(viewer);
  measureStage(viewer);
  viewer.view = legalView(firstView(config), config, viewer.stage);
  viewer.placed = false;
  place(viewer);
  listen(viewer);
  new ResizeObserver(() => {
    measureStage(viewer);
    place(viewer);
    viewer.set({});
  }).observe(viewer.stageElement);
  still.hidden = true;
  viewer.measure();
  viewer.set({});
  return viewer;
}

// Until somebody zooms or moves, the pictures fill the stage whatever becomes of it.
function place(viewer) {
  const { view, config, pictures, stage } = viewer;
  if (!viewer.placed) viewer.view = legalView({ ...view, ...opening(view, config, pictures, stage) }, config, stage);
}

function buildFrame(viewer) {
  const { config } = viewer;
  viewer.canvas = element("canvas", { class: "srkit-canvas", role: "img", "aria-label": config.alt });
  viewer.divider = element("div", { class: "srkit-divider", role: "slider", tabindex: 0, "aria-label": "Divider between left and right",
    "aria-valuemin": 0, "aria-valuemax": 100 });
  viewer.help = buildHelp(viewer);
  viewer.live = element("div", { class: "srkit-live", role: "status", "aria-live": "polite" });
  viewer.stageElement = element("div", { class: "srkit-stage", tabindex: 0, role: "group",
    "aria-label": "Pictures. Press the question mark for the keys.", style: `height:${config.stage}px` }, viewer.canvas, viewer.divider, viewer.live, viewer.help);
  viewer.controls = buildControls(viewer);
  viewer.readout = element("div", { class: "srkit-readout" });
  viewer.frame = element("div", { class: "srkit-frame", role: "group", "aria-label": `Comparison of ${config.names.join(", ")}`,
    "data-lm-suppress-shortcuts": "true" }, viewer.controls.element, viewer.stageElement, viewer.controls.scale, viewer.readout, ...viewer.panelElements);
  viewer.root.append(viewer.frame);
}

function measureStage(viewer) {
  const ratio = globalThis.devicePixelRatio || 1;
  const { clientWidth, clientHeight } = viewer.stageElement;
  viewer.stage = { width: Math.max(64, clientWidth), height: Math.max(64, clientHeight), ratio };
  viewer.canvas.width = Math.round(viewer.stage.width * ratio);
  viewer.canvas.height = Math.round(viewer.stage.height * ratio);
}

function addActions(viewer) {
  Object.assign(viewer, {
    set: (patch) => setView(viewer, patch),
    middle: () => [viewer.config.width / 2, viewer.config.height / 2],
    label: (index) => labelOf(viewer, index),
    luma: (index) => lumaOf(viewer, index),
    say: (text) => {
      viewer.live.textContent = text;
      clearTimeout(viewer.silence);
      viewer.silence = setTimeout(() => { viewer.live.textContent = ""; }, 3000);
    },
    zoomStep: (direction) => zoomStep(viewer, direction),
    hover: (place) => {
      viewer.pointer = place;
      viewer.showPointer();
    },
    toggleHelp: () => { viewer.help.hidden = !viewer.help.hidden; },
    escape: () => {
      viewer.help.hidden = true;
      return { tool: "move", flicker: false };
    },
    peek: (on) => {
      if (on === Boolean(viewer.peeking)) return;
      viewer.peeking = on;
      schedule(viewer);
    },
    removeLast: () => {
      const { view } = viewer;
      if (view.boxes.length) return { boxes: view.boxes.slice(0, -1) };
      return view.line ? { line: null } : { region: null };
    },
  });
}

function zoomStep(viewer, direction) {
  const list = panes(viewer.view, viewer.config, viewer.stage);
  const { x, y, pane } = viewer.pointer ?? { x: list[0].x + list[0].w / 2, y: list[0].y + list[0].h / 2, pane: list[0] };
  viewer.set(zoomedAbout(viewer.view, pane, x, y, nextZoom(viewer.view.zoom, direction)));
}

function setView(viewer, patch) {
  const before = viewer.view;
  viewer.view = legalView({ ...before, ...patch }, viewer.config, viewer.stage);
  viewer.placed ||= "zoom" in patch || "centre" in patch;
  if (viewer.view.mode !== before.mode || viewer.view.vertical !== before.vertical) place(viewer);
  if (viewer.view.blind !== before.blind) shuffle(viewer);
  if (JSON.stringify(viewer.view.region) !== JSON.stringify(before.region)) viewer.measure();
  if (["left", "mode", "look", "blind"].some((field) => viewer.view[field] !== before[field])) viewer.tell();
  if (viewer.view.flicker !== before.flicker) flicker(viewer);
  schedule(viewer);
  if (Object.keys(patch).length) viewer.door.changed?.(viewer.view);
}

// Blind: the candidates in a new order under letters; the truth keeps its place at the end of what it was.
function shuffle(viewer) {
  const { config } = viewer;
  viewer.order = config.names.map((_, index) => index);
  if (!viewer.view.blind) return;
  const candidates = viewer.order.filter((index) => index !== config.truth);
  for (let i = candidates.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [candidates[i], candidates[j]] = [candidates[j], candidates[i]];
  }
  viewer.order = config.truth >= 0 ? [...candidates, config.truth] : candidates;
  viewer.view.left = viewer.order[0];
}

function labelOf(viewer, index) {
  if (!viewer.view?.blind || index === viewer.config.truth) return viewer.config.names[index];
  return String.fromCharCode(65 + viewer.order.indexOf(index));
}

function lumaOf(viewer, index) {
  if (!viewer.lumas.has(index)) {
    const { width, height, pixels } = viewer.pictures[index];
    viewer.lumas.set(index, lumaPlane(pixels(0, 0, width, height)));
  }
  return viewer.lumas.get(index);
}

function flicker(viewer) {
  clearInterval(viewer.timer);
  viewer.peeking = false;
  if (!viewer.view.flicker) return;
  viewer.timer = setInterval(() => {
    if (!viewer.frame.isConnected) clearInterval(viewer.timer);
    viewer.peeking = !viewer.peeking;
    schedule(viewer);
  }, 500);
}

// Draw once per screen refresh, however many changes came in between.
function schedule(viewer) {
  if (viewer.waiting) return;
  viewer.waiting = requestAnimationFrame(() => {
    viewer.waiting = 0;
    draw(viewer);
  });
}

function draw(viewer) {
  const { view, stage, divider } = viewer;
  const context = viewer.canvas.getContext("2d");
  context.setTransform(stage.ratio, 0, 0, stage.ratio, 0, 0);
  const peeked = viewer.peeking ? { ...view, mode: view.mode === "slider" ? "flip" : view.mode, left: view.right } : view;
  drawStage({ ...viewer, view: peeked }, context);
  divider.hidden = peeked.mode !== "slider";
  divider.classList.toggle("srkit-across", view.vertical);
  divider.style.left = view.vertical ? "0" : `${view.split * stage.width}px`;
  divider.style.top = view.vertical ? `${view.split * stage.height}px` : "0";
  divider.setAttribute("aria-valuenow", String(Math.round(100 * view.split)));
  divider.setAttribute("aria-orientation", view.vertical ? "vertical" : "horizontal");
  viewer.canvas.dataset.tool = view.tool;
  showControls(viewer, viewer.controls);
  viewer.showPanels();
}
