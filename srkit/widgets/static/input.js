// Pointer, wheel and keys, turned into changes of the view.

import { LOOKS, fitZoom, nextZoom, paneAt, panes, toPicture, zoomedAbout } from "./view.js";

function placeOf(viewer, event) {
  const box = viewer.canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const pane = paneAt(panes(viewer.view, viewer.config, viewer.stage), x, y);
  return { x, y, pane, at: toPicture(viewer.view, pane, x, y) };
}

export function listen(viewer) {
  const { canvas, frame } = viewer;
  canvas.addEventListener("pointerdown", (event) => pressed(viewer, event));
  canvas.addEventListener("pointermove", (event) => viewer.hover(placeOf(viewer, event)));
  canvas.addEventListener("pointerleave", () => viewer.hover(null));
  canvas.addEventListener("dblclick", () => viewer.set({ zoom: 0, centre: viewer.middle() }));
  canvas.addEventListener("wheel", (event) => wheeled(viewer, event), { passive: false });
  frame.addEventListener("keydown", (event) => keyed(viewer, event));
  frame.addEventListener("keyup", (event) => {
    if (event.code === "Space") viewer.peek(false);
  });
  frame.addEventListener("focusout", () => viewer.peek(false));
  listenOver(viewer);
  listenDivider(viewer);
}

// While the pointer is over the viewer, moved there by hand, wheel and keys are the viewer's without a click; not where
// scrolling brought the viewer below a resting pointer, and no key while something is being written.
function listenOver(viewer) {
  const { frame } = viewer;
  const mine = () => viewer.over && !isActive(viewer) && !isWriting();
  const down = (event) => mine() && keyed(viewer, event);
  const up = (event) => mine() && event.code === "Space" && viewer.peek(false);
  frame.addEventListener("pointermove", (event) => {
    if (viewer.over || !(event.movementX || event.movementY)) return;
    viewer.over = true;
    window.addEventListener("keydown", down, true);  // before a notebook, which listens on the document
    window.addEventListener("keyup", up, true);
  });
  frame.addEventListener("pointerleave", () => {
    viewer.over = false;
    viewer.peek(false);
    window.removeEventListener("keydown", down, true);
    window.removeEventListener("keyup", up, true);
  });
}

function isActive({ frame }) {
  return frame.contains(document.activeElement) || frame.contains(frame.getRootNode().activeElement);
}

function isWriting() {
  const { activeElement } = document;
  return Boolean(activeElement?.isContentEditable) || ["INPUT", "TEXTAREA", "SELECT"].includes(activeElement?.tagName);
}

function pressed(viewer, event) {
  if (event.button !== 0) return;
  viewer.stageElement.focus({ preventScroll: true });
  event.preventDefault();
  const start = placeOf(viewer, event);
  const centre = viewer.view.centre;
  const boxes = viewer.view.boxes;
  const { tool, zoom } = viewer.view;
  const move = (now) => {
    const place = placeOf(viewer, now);
    const span = [...start.at, place.at[0] - start.at[0], place.at[1] - start.at[1]];
    if (tool === "move") viewer.set({ centre: [centre[0] - (place.x - start.x) / zoom, centre[1] - (place.y - start.y) / zoom] });
    else if (tool === "region") viewer.set({ region: span });
    else if (tool === "line") viewer.set({ line: [...start.at, ...place.at] });
    else viewer.set({ boxes: [...boxes, span] });
  };
  follow(viewer.canvas, event, move);
}

// Call `move` while the pointer is down; a press that does not move changes nothing.
function follow(target, event, move) {
  target.setPointerCapture(event.pointerId);
  const done = () => {
    target.removeEventListener("pointermove", move);
    target.removeEventListener("pointerup", done);
    target.removeEventListener("pointercancel", done);
  };
  target.addEventListener("pointermove", move);
  target.addEventListener("pointerup", done);
  target.addEventListener("pointercancel", done);
}

function wheeled(viewer, event) {
  if (!viewer.over && !isActive(viewer) && !event.ctrlKey && !event.metaKey) return;
  if (event.deltaY > 0 && viewer.view.zoom <= fitZoom(viewer.view, viewer.config, viewer.stage)) return;  // the page scrolls on
  event.preventDefault();
  const { x, y, pane } = placeOf(viewer, event);
  const now = performance.now();
  if (Math.abs(event.deltaY) < 40 && now - viewer.lastWheel < 60) return;
  viewer.lastWheel = now;
  viewer.set(zoomedAbout(viewer.view, pane, x, y, nextZoom(viewer.view.zoom, -event.deltaY)));
}

function listenDivider(viewer) {
  const { divider, canvas } = viewer;
  divider.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    divider.focus({ preventScroll: true });
    follow(divider, event, (now) => {
      const box = canvas.getBoundingClientRect();
      const split = viewer.view.vertical ? (now.clientY - box.top) / box.height : (now.clientX - box.left) / box.width;
      viewer.set({ split });
    });
  });
  divider.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const end = { Home: 0, End: 1 }[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    viewer.set({ split: end ?? viewer.view.split + step * (event.shiftKey ? 0.1 : 0.01) });
  });
}

// Each key is a function of the viewer and the event that returns a change of the view, or nothing.
const ACTIONS = {
  KeyS: () => ({ mode: "slider" }),
  KeyF: () => ({ mode: "flip" }),
  KeyD: () => ({ mode: "side" }),
  KeyG: () => ({ mode: "grid" }),
  KeyV: ({ view }) => ({ vertical: !view.vertical }),
  KeyK: ({ view }) => ({ flicker: !view.flicker }),
  KeyN: ({ view }) => ({ smooth: !view.smooth }),
  KeyZ: ({ view }) => ({ lens: !view.lens }),
  KeyH: ({ view }) => ({ histogram: !view.histogram }),
  KeyX: ({ view }) => ({ blind: !view.blind }),
  KeyM: () => ({ tool: "move" }),
  KeyR: () => ({ tool: "region" }),
  KeyL: () => ({ tool: "line" }),
  KeyB: () => ({ tool: "box" }),
  KeyO: () => ({ zoom: 1 }),
  KeyE: ({ view }) => ({ look: nextLook(view.look) }),
  KeyP: (viewer) => viewer.savePng(),
  KeyC: (viewer) => viewer.copyView(),
  BracketLeft: ({ view }) => ({ limit: view.limit / 2 }),
  BracketRight: ({ view }) => ({ limit: view.limit * 2 }),
  Comma: ({ view }) => ({ split: view.split - 0.02 }),
  Period: ({ view }) => ({ split: view.split + 0.02 }),
  Digit0: (viewer) => ({ zoom: 0, centre: viewer.middle() }),
  Space: (viewer) => viewer.peek(true),
  Escape: (viewer) => viewer.escape(),
  Delete: (viewer) => viewer.removeLast(),
  Backspace: (viewer) => viewer.removeLast(),
};

// The signs that sit on different keys on different keyboards are known by what they print.
const SIGNS = { "+": 1, "=": 1, "-": -1 };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function nextLook(look) {
  const names = Object.keys(LOOKS);
  return names[(names.indexOf(look) + 1) % names.length];
}

// No plain key may reach the page around the viewer: in a notebook "d d" deletes a cell and "a" adds one.
function keyed(viewer, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || ["Tab", "Enter"].includes(event.key)) return;
  event.stopPropagation();
  const { tagName } = event.target;
  if (["SELECT", "INPUT"].includes(tagName) || (tagName === "BUTTON" && event.code === "Space")) return;
  const handled = keyChange(viewer, event);
  if (handled === undefined) return;
  event.preventDefault();
  if (handled) viewer.set(handled);
}

// A change of the view, null where the key did something else, undefined where it means nothing here.
function keyChange(viewer, event) {
  const { view } = viewer;
  if (event.key === "?") return viewer.toggleHelp() ?? null;
  if (event.key in SIGNS) return viewer.zoomStep(SIGNS[event.key]) ?? null;
  if (event.key in ARROWS) {
    const step = (event.shiftKey ? 160 : 24) / view.zoom;
    return { centre: view.centre.map((value, i) => value + Math.max(step, 1) * ARROWS[event.key][i]) };
  }
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  if (digit) {
    const index = viewer.order[Number(digit[1]) - 1];
    return index === undefined ? null : { [event.shiftKey ? "right" : "left"]: index };
  }
  const action = ACTIONS[event.code];
  return action ? (action(viewer, event) ?? null) : undefined;
}
