// Where a viewer looks first: which pictures, how large, and at which place.

import { lumaPlane } from "./numbers.js";
import { fillZoom, panes } from "./view.js";

const SAMPLES = 256;

export function firstView(config) {
  const results = config.names.map((_, index) => index).filter((index) => index !== config.truth);
  const [left, right] = firstPair(config, results);
  return {
    mode: results.length > 2 ? "grid" : left === right ? "flip" : "slider", look: "picture", left, right,
    split: 0.5, vertical: false, zoom: 0, centre: [config.width / 2, config.height / 2], smooth: false, limit: 32,
    blind: false, region: null, boxes: [], line: null, tool: "move", lens: false, flicker: false, histogram: false,
    ...config.view,
  };
}

// The result with the lowest PSNR beside the one with the highest; without two numbers the first beside the last. One
// result alone stands beside the truth.
function firstPair(config, results) {
  if (results.length < 2) return config.truth >= 0 && results.length ? [results[0], config.truth] : [0, 0];
  const psnr = (index) => (config.whole[index][0] === "identical" ? Infinity : parseFloat(config.whole[index][0]));
  const measured = results.filter((index) => !Number.isNaN(psnr(index)));
  if (measured.length < 2) return [results[0], results.at(-1)];
  const ranked = measured.toSorted((a, b) => psnr(a) - psnr(b) || a - b);
  return [ranked[0], ranked.at(-1)];
}

// Zoom and centre of a view in which nothing was asked for: the pictures cover their panes, around the place where they
// differ most. What `config.view` says stays.
export function opening(view, config, pictures, stage) {
  const zoom = config.view.zoom ?? fillZoom(view, config, stage);
  const shown = panes({ ...view, zoom }, config, stage);
  const size = [shown[0].w / zoom, shown[0].h / zoom];
  const centre = config.view.centre ?? placeOfDifference(config, pictures, shown.map(({ index }) => index), size);
  return { zoom, centre };
}

// The middle of the window of w x h pixels in which the results shown differ most; of the whole where they do not.
function placeOfDifference(config, pictures, shown, [w, h]) {
  const large = shown.filter((index) => pictures[index].factor === 1);
  const results = large.filter((index) => index !== config.truth);
  const compared = results.length > 1 ? results : large;
  const step = Math.max(1, Math.max(config.width, config.height) / SAMPLES);
  const [columns, rows] = [config.width, config.height].map((length) => Math.max(1, Math.floor(length / step)));
  const planes = compared.map((index) => sampled(pictures[index].bitmap, columns, rows));
  const across = Math.min(columns, Math.max(1, Math.round(w / step))), down = Math.min(rows, Math.max(1, Math.round(h / step)));
  const [x, y] = fullestWindow(spreadOf(planes), columns, rows, across, down);
  return [((x + across / 2) * config.width) / columns, ((y + down / 2) * config.height) / rows];
}

// Single pixels of a picture, not means, in which its differences would vanish.
function sampled(bitmap, columns, rows) {
  const context = new OffscreenCanvas(columns, rows).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, columns, rows);
  return lumaPlane(context.getImageData(0, 0, columns, rows));
}

function spreadOf(planes) {
  return Float64Array.from({ length: planes[0]?.length ?? 0 }, (_, i) => {
    const values = planes.map((plane) => plane[i]);
    return Math.max(...values) - Math.min(...values);
  });
}

// The corner of the window with the largest sum; the middle one where no other has more.
export function fullestWindow(values, columns, rows, across, down) {
  const sums = new Float64Array((columns + 1) * (rows + 1));
  const at = (x, y) => y * (columns + 1) + x;
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      sums[at(x + 1, y + 1)] = (values[y * columns + x] ?? 0) + sums[at(x, y + 1)] + sums[at(x + 1, y)] - sums[at(x, y)];
    }
  }
  const inside = (x, y) => sums[at(x + across, y + down)] - sums[at(x, y + down)] - sums[at(x + across, y)] + sums[at(x, y)];
  let best = [Math.floor((columns - across) / 2), Math.floor((rows - down) / 2)];
  let most = inside(...best) + 1e-6;
  for (let y = 0; y + down <= rows; y += 1) {
    for (let x = 0; x + across <= columns; x += 1) {
      if (inside(x, y) <= most) continue;
      most = inside(x, y);
      best = [x, y];
    }
  }
  return best;
}
