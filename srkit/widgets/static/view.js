// What is looked at: one plain object, the panes it asks for, and the way from picture pixels to screen pixels and back.
// Zoom is in screen (CSS) pixels per pixel of the largest picture; all panes share zoom and centre.

export const MODES = { slider: "Slider", flip: "Flip", side: "Side by side", grid: "Grid" };
export const LOOKS = { picture: "Picture", signed: "Signed error", absolute: "Absolute error", squared: "Squared error", ssim: "SSIM map", spectrum: "Spectrum" };
export const ERRORS = ["signed", "absolute", "squared", "ssim"];  // looks that need a truth
export const TOOLS = { move: "Move", region: "Region", line: "Line", box: "Box" };
export const LEVELS = [1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
export const BOX_COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const GAP = 4;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// A rectangle with whole corners inside the picture, at least one pixel large.
export function clampBox([x, y, w, h], config) {
  const x0 = clamp(Math.floor(Math.min(x, x + w)), 0, config.width - 1);
  const y0 = clamp(Math.floor(Math.min(y, y + h)), 0, config.height - 1);
  const x1 = clamp(Math.ceil(Math.max(x, x + w)), x0 + 1, config.width);
  const y1 = clamp(Math.ceil(Math.max(y, y + h)), y0 + 1, config.height);
  return [x0, y0, x1 - x0, y1 - y0];
}

// The view with every field made legal; a zoom of 0 means "fit".
export function legalView(view, config, stage) {
  const last = config.names.length - 1;
  const zoom = view.zoom > 0 ? view.zoom : fitZoom(view, config, stage);
  return {
    ...view,
    mode: MODES[view.mode] ? view.mode : "slider",
    look: LOOKS[view.look] && (config.truth >= 0 || !ERRORS.includes(view.look)) ? view.look : "picture",
    tool: TOOLS[view.tool] ? view.tool : "move",
    left: clamp(Math.round(view.left), 0, last),
    right: clamp(Math.round(view.right), 0, last),
    split: clamp(view.split, 0, 1),
    limit: clamp(view.limit, 1, 256),
    zoom: snapZoom(clamp(zoom, 1 / 32, 64)),
    centre: [clamp(view.centre[0], 0, config.width), clamp(view.centre[1], 0, config.height)],
    region: view.region ? clampBox(view.region, config) : null,
    boxes: view.boxes.slice(0, BOX_COLOURS.length).map((box) => clampBox(box, config)),
  };
}

// Whole device pixels per picture pixel when enlarging, so that every pixel is drawn equally large.
function snapZoom(zoom) {
  const ratio = globalThis.devicePixelRatio || 1;
  return zoom * ratio >= 1 ? Math.round(zoom * ratio) / ratio : zoom;
}

export function fitZoom(view, config, stage) {
  const pane = panes({ ...view, zoom: 1 }, config, stage)[0];
  const zoom = Math.min(pane.w / config.width, pane.h / config.height);
  const ratio = globalThis.devicePixelRatio || 1;
  return zoom * ratio >= 1 ? Math.floor(zoom * ratio) / ratio : zoom;
}

// The zoom at which a picture covers its pane, and at least one screen pixel per pixel.
export function fillZoom(view, config, stage) {
  const pane = panes({ ...view, zoom: 1 }, config, stage)[0];
  const ratio = globalThis.devicePixelRatio || 1;
  return Math.max(1, Math.ceil(Math.max(pane.w / config.width, pane.h / config.height) * ratio - 1e-6) / ratio);
}

export function nextZoom(zoom, direction) {
  const above = LEVELS.find((level) => level > zoom * 1.001) ?? LEVELS.at(-1);
  const below = LEVELS.findLast((level) => level < zoom * 0.999) ?? LEVELS[0];
  return direction > 0 ? above : below;
}

// Which pictures are drawn where: [{index, x, y, w, h, clip}] in screen pixels of the stage.
export function panes(view, config, stage) {
  const whole = { x: 0, y: 0, w: stage.width, h: stage.height };
  if (view.mode === "flip") return [{ ...whole, index: view.left, clip: whole }];
  if (view.mode === "slider") {
    const at = Math.round(view.split * (view.vertical ? whole.h : whole.w));
    const first = view.vertical ? { ...whole, h: at } : { ...whole, w: at };
    const second = view.vertical ? { ...whole, y: at, h: whole.h - at } : { ...whole, x: at, w: whole.w - at };
    return [{ ...whole, index: view.left, clip: first }, { ...whole, index: view.right, clip: second }];
  }
  const shown = view.mode === "side" ? [view.left, view.right] : config.names.map((_, index) => index);
  const columns = view.mode === "side" ? (view.vertical ? 1 : 2) : gridColumns(shown.length, config, stage);
  const [w, h] = cellSize(shown.length, columns, stage);
  return shown.map((index, i) => {
    const pane = { x: (i % columns) * (w + GAP), y: Math.floor(i / columns) * (h + GAP), w, h };
    return { ...pane, index, clip: pane };
  });
}

function cellSize(count, columns, stage) {
  const rows = Math.ceil(count / columns);
  return [Math.floor((stage.width - GAP * (columns - 1)) / columns), Math.floor((stage.height - GAP * (rows - 1)) / rows)];
}

// The number of columns with which the pictures are largest.
function gridColumns(count, config, stage) {
  const size = (columns) => {
    const [w, h] = cellSize(count, columns, stage);
    return Math.min(w / config.width, h / config.height);
  };
  return Array.from({ length: count }, (_, i) => i + 1).reduce((best, columns) => (size(columns) > size(best) ? columns : best));
}

// Where the picture's corner lies on the screen, on a whole device pixel.
export function origin(view, pane) {
  const ratio = globalThis.devicePixelRatio || 1;
  const snap = (value) => Math.round(value * ratio) / ratio;
  return [
    snap(pane.x + pane.w / 2 - view.centre[0] * view.zoom),
    snap(pane.y + pane.h / 2 - view.centre[1] * view.zoom),
  ];
}

export function paneAt(list, x, y) {
  return list.find(({ clip }) => x >= clip.x && x < clip.x + clip.w && y >= clip.y && y < clip.y + clip.h) ?? list[0];
}

export function toPicture(view, pane, x, y) {
  const [left, top] = origin(view, pane);
  return [(x - left) / view.zoom, (y - top) / view.zoom];
}

// The same view after zooming by one step about a point of the screen, which stays where it is.
export function zoomedAbout(view, pane, x, y, zoom) {
  const [px, py] = toPicture(view, pane, x, y);
  const snapped = snapZoom(zoom);
  return { zoom: snapped, centre: [px - (x - pane.x - pane.w / 2) / snapped, py - (y - pane.y - pane.h / 2) / snapped] };
}
