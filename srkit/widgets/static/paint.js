// Drawing on a canvas: pictures without the browser's smoothing, error maps, spectra, pixel values, labels, boxes.

import { BOX_COLOURS, ERRORS, origin, panes } from "./view.js";
import { lumaPlane, spectrum } from "./numbers.js";

export const SURROUND = "#6b6b6b";
const SURROUND_PIXEL = 0xff6b6b6b;
const SPECTRUM_RANGE = [-60, 20];

// 1024 colours blended between equally spaced ones, as RGBA bytes.
export function colourTable(anchors) {
  const table = new Uint8ClampedArray(4 * 1024);
  for (let i = 0; i < 1024; i += 1) {
    const position = (i / 1023) * (anchors.length - 1);
    const low = Math.min(Math.floor(position), anchors.length - 2);
    for (let c = 0; c < 3; c += 1) {
      const mix = position - low;
      table[4 * i + c] = Math.floor(anchors[low][c] * (1 - mix) + anchors[low + 1][c] * mix + 0.5);
    }
    table[4 * i + 3] = 255;
  }
  return table;
}

export function drawStage(viewer, context) {
  const { view, config, stage } = viewer;
  context.fillStyle = SURROUND;
  context.fillRect(0, 0, stage.width, stage.height);
  for (const pane of panes(view, config, stage)) {
    context.save();
    context.beginPath();
    context.rect(pane.clip.x, pane.clip.y, pane.clip.w, pane.clip.h);
    context.clip();
    drawLook(viewer, context, pane);
    if (view.look !== "spectrum") drawMarks(viewer, context, pane);
    drawLabel(viewer, context, pane);
    context.restore();
  }
}

function drawLook(viewer, context, pane) {
  const { look } = viewer.view;
  const picture = viewer.pictures[pane.index];
  if (look === "spectrum") drawSpectrum(viewer, context, pane);
  else if (look === "picture" || picture.factor !== 1) drawPicture(viewer, context, pane);
  else drawError(viewer, context, pane);
}

// The part of a picture that can be seen in a pane, in its own pixels.
function visible(viewer, pane, picture) {
  const [x0, y0] = origin(viewer.view, pane);
  const size = viewer.view.zoom * picture.factor;
  const { clip } = pane;
  const c0 = Math.max(0, Math.floor((clip.x - x0) / size) - 1);
  const r0 = Math.max(0, Math.floor((clip.y - y0) / size) - 1);
  const c1 = Math.min(picture.width, Math.ceil((clip.x + clip.w - x0) / size) + 1);
  const r1 = Math.min(picture.height, Math.ceil((clip.y + clip.h - y0) / size) + 1);
  return { x0, y0, size, c0, r0, c1, r1, empty: c1 <= c0 || r1 <= r0 };
}

function drawPicture(viewer, context, pane) {
  const picture = viewer.pictures[pane.index];
  const { x0, y0, size, c0, r0, c1, r1, empty } = visible(viewer, pane, picture);
  if (empty) return;
  const [w, h] = [c1 - c0, r1 - r0];
  context.imageSmoothingEnabled = viewer.view.smooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture.bitmap, c0, r0, w, h, x0 + c0 * size, y0 + r0 * size, w * size, h * size);
  if (size >= 16) drawPixels(picture, context, { x0, y0, size, c0, r0, c1, r1 });
}

function drawPixels(picture, context, { x0, y0, size, c0, r0, c1, r1 }) {
  context.strokeStyle = "rgba(128,128,128,0.5)";
  context.lineWidth = 1;
  context.beginPath();
  for (let c = c0; c <= c1; c += 1) context.rect(x0 + c * size, y0 + r0 * size, 0, (r1 - r0) * size);
  for (let r = r0; r <= r1; r += 1) context.rect(x0 + c0 * size, y0 + r * size, (c1 - c0) * size, 0);
  context.stroke();
  if (size < 40) return;
  const { data } = picture.pixels(c0, r0, c1 - c0, r1 - r0);
  context.font = `${Math.floor(size / 4)}px monospace`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let r = r0; r < r1; r += 1) {
    for (let c = c0; c < c1; c += 1) {
      const i = 4 * ((r - r0) * (c1 - c0) + c - c0);
      context.fillStyle = data[i] * 0.3 + data[i + 1] * 0.59 + data[i + 2] * 0.11 > 130 ? "#000" : "#fff";
      for (let k = 0; k < 3; k += 1) {
        context.fillText(data[i + k], x0 + (c + 0.5) * size, y0 + (r + 0.25 + 0.25 * k) * size);
      }
    }
  }
}

// What an error look says of a pixel, by its number in row order.
export function errorAt(viewer, index) {
  const { view, config } = viewer;
  if (view.look === "ssim") {
    const map = viewer.similarity(index);
    return (i) => map[i];
  }
  const ours = viewer.luma(index), theirs = viewer.luma(config.truth);
  const error = (i) => ours[i] - theirs[i];
  return { signed: error, absolute: (i) => Math.abs(error(i)), squared: (i) => error(i) ** 2 }[view.look];
}

// Errors and similarities are painted from whole numbers, so that moving a map costs a table look-up for each screen pixel:
// 1/64 of a level, 1/16384 of 1 - SSIM. They are made once for a picture, the table once for a scale.
const ERROR_STEPS = 64, SSIM_STEPS = 16384, NOTHING = -32768;

export function encodeErrors(ours, theirs) {
  const codes = new Int16Array(ours.length);
  for (let i = 0; i < codes.length; i += 1) codes[i] = Math.round(ERROR_STEPS * (ours[i] - theirs[i]));
  return codes;
}

export function encodeSimilarities(map, codes, from, to) {
  for (let i = from; i < to; i += 1) codes[i] = map[i] === map[i] ? Math.min(32767, Math.round(SSIM_STEPS * (1 - map[i]))) : NOTHING;
}

// The colour of each code, as RGBA in one number.
function codeColours(viewer) {
  const { look, limit } = viewer.view;
  const key = `${look}:${limit}`;
  if (viewer.codeColours?.key === key) return viewer.codeColours.table;
  const units = {
    signed: (code) => 0.5 + (0.5 * code) / ERROR_STEPS / limit,
    absolute: (code) => Math.abs(code) / ERROR_STEPS / limit,
    squared: (code) => (code / ERROR_STEPS / limit) ** 2,
    ssim: (code) => code / SSIM_STEPS,
  };
  const unit = units[look];
  const colours = new Uint32Array(viewer.tables[look === "signed" ? "diverging" : "sequential"].buffer);
  const table = new Uint32Array(65536);
  for (let i = 0; i < 65536; i += 1) table[i] = colours[Math.round(1023 * Math.min(1, Math.max(0, unit(i - 32768))))];
  if (look === "ssim") table[NOTHING + 32768] = SURROUND_PIXEL;
  viewer.codeColours = { key, table };
  return table;
}

// An error map is painted per screen pixel, so its cost does not depend on the size of the picture.
function drawError(viewer, context, pane) {
  const { view, config } = viewer;
  const codes = viewer.codes(pane.index), colours = codeColours(viewer);
  const ratio = viewer.stage.ratio;
  const { clip } = pane;
  const [w, h] = [Math.round(clip.w * ratio), Math.round(clip.h * ratio)];
  if (w < 1 || h < 1) return;
  const image = new ImageData(w, h);
  const out = new Uint32Array(image.data.buffer).fill(SURROUND_PIXEL);
  const [x0, y0] = origin(view, pane);
  const columns = Int32Array.from({ length: w }, (_, i) => Math.floor(((i + 0.5) / ratio + clip.x - x0) / view.zoom));
  for (let j = 0; j < h; j += 1) {
    const y = Math.floor(((j + 0.5) / ratio + clip.y - y0) / view.zoom);
    if (y < 0 || y >= config.height) continue;
    const row = y * config.width;
    for (let i = 0; i < w; i += 1) {
      const x = columns[i];
      if (x >= 0 && x < config.width) out[j * w + i] = colours[codes[row + x] + 32768];
    }
  }
  context.putImageData(image, Math.round(clip.x * ratio), Math.round(clip.y * ratio));
}

// The square that a spectrum is taken of: the largest power of two inside the region (or the picture), in its middle.
export function spectrumSquare(viewer) {
  const { view, config } = viewer;
  const [x, y, w, h] = view.region ?? [0, 0, config.width, config.height];
  const side = Math.min(512, 2 ** Math.floor(Math.log2(Math.min(w, h))));
  return [Math.floor(x + (w - side) / 2), Math.floor(y + (h - side) / 2), side];
}

function drawSpectrum(viewer, context, pane) {
  const picture = viewer.pictures[pane.index];
  const [x, y, side] = spectrumSquare(viewer).map((value) => Math.max(1 * (value > 0), Math.floor(value / picture.factor)));
  const key = `${pane.index}:${x},${y},${side}`;
  if (!viewer.spectra.has(key)) {
    const levels = spectrum(lumaPlane(picture.pixels(x, y, side, side)), side);
    const image = new ImageData(side, side);
    const colours = new Uint32Array(viewer.tables.sequential.buffer), out = new Uint32Array(image.data.buffer);
    const [low, high] = SPECTRUM_RANGE;
    levels.forEach((level, i) => {
      out[i] = colours[Math.round(1023 * Math.min(1, Math.max(0, (level - low) / (high - low))))];
    });
    const canvas = new OffscreenCanvas(side, side);
    canvas.getContext("2d").putImageData(image, 0, 0);
    if (viewer.spectra.size > 32) viewer.spectra.clear();
    viewer.spectra.set(key, canvas);
  }
  const size = Math.min(pane.w, pane.h);
  context.imageSmoothingEnabled = viewer.view.smooth;
  context.drawImage(viewer.spectra.get(key), pane.x + (pane.w - size) / 2, pane.y + (pane.h - size) / 2, size, size);
}

function drawMarks(viewer, context, pane) {
  const { view } = viewer;
  const [x0, y0] = origin(view, pane);
  outline(context, x0, y0, viewer.config.width * view.zoom, viewer.config.height * view.zoom);
  const at = ([x, y, w, h]) => [x0 + x * view.zoom, y0 + y * view.zoom, w * view.zoom, h * view.zoom];
  view.boxes.forEach((box, i) => strokeTwice(context, BOX_COLOURS[i], [], () => context.rect(...at(box))));
  if (view.region) strokeTwice(context, "#fff", [5, 4], () => context.rect(...at(view.region)));
  if (view.line) {
    const [ax, ay, bx, by] = view.line.map((value, i) => (i % 2 ? y0 : x0) + value * view.zoom);
    strokeTwice(context, "#fff", [], () => {
      context.moveTo(ax, ay);
      context.lineTo(bx, by);
    });
  }
}

// Where a picture ends, whatever it shows there and whatever stands around it: a dark line and a light one outside.
function outline(context, x, y, w, h) {
  context.lineWidth = 1;
  for (const [colour, out] of [["#000", 0.5], ["#fff", 1.5]]) {
    context.strokeStyle = colour;
    context.strokeRect(x - out, y - out, w + 2 * out, h + 2 * out);
  }
}

// A line that shows on any ground: dark and wide below, its colour on top.
function strokeTwice(context, colour, dash, path) {
  for (const [style, width, pattern] of [["rgba(0,0,0,0.75)", 4, []], [colour, 2, dash]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.setLineDash(pattern);
    context.beginPath();
    path();
    context.stroke();
  }
  context.setLineDash([]);
}

function drawLabel(viewer, context, pane) {
  const { view, config } = viewer;
  const error = ERRORS.includes(view.look);
  const small = viewer.pictures[pane.index].factor !== 1;
  const note = small && view.look !== "spectrum" ? ` (x${viewer.pictures[pane.index].factor}, repeated pixels)` : "";
  const against = view.look === "ssim" ? ", SSIM with " : " - ";
  const text = viewer.label(pane.index) + (error && !small ? against + viewer.label(config.truth) : "") + note;
  const second = pane.clip.x > pane.x || pane.clip.y > pane.y;
  context.font = "13px system-ui, sans-serif";
  const width = context.measureText(text).width + 12;
  const x = second && !view.vertical ? pane.x + pane.w - width - 4 : pane.x + 4;
  const y = second && view.vertical ? pane.y + pane.h - 26 : pane.y + 4;
  context.fillStyle = "rgba(0,0,0,0.72)";
  context.fillRect(x, y, width, 22);
  context.fillStyle = "#fff";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x + 6, y + 11.5);
}
