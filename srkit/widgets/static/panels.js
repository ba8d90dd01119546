// Everything below the stage: the read-out, the table of numbers, the magnified strip, charts and the paper figure.

import { drawChart } from "./chart.js";
import { element } from "./element.js";
import { download, drawFigure, figureSvg } from "./figure.js";
import { encodeErrors, encodeSimilarities, errorAt } from "./paint.js";
import { finish, histogram, lumaPlane, planesOf, profile, psnrOf, ssimMap, ssimOfPlanes } from "./numbers.js";
import { ERRORS, LOOKS, MODES } from "./view.js";

const STRIP = 21, STRIP_ZOOM = 6;

export function addPanels(viewer) {
  const parts = {
    table: element("table", { class: "srkit-numbers" }),
    rule: element("div", { class: "srkit-rule" }),
    strip: element("div", { class: "srkit-strip", hidden: true }),
    chart: element("canvas", { class: "srkit-chart", role: "img", "aria-label": "Chart", hidden: true }),
    figure: element("canvas", { class: "srkit-figure", role: "img", "aria-label": "Paper figure" }),
  };
  const save = (text, action) => element("button", { type: "button", onclick: action, "data-name": text }, text);
  parts.paper = element("div", { class: "srkit-paper", hidden: true },
    element("div", {}, save("Save PNG", () => viewer.savePng()), save("Save SVG", () => viewer.saveSvg())), parts.figure);
  viewer.panelElements = [parts.strip, parts.rule, parts.table, parts.chart, parts.paper];
  viewer.boxCache = new Map();
  Object.assign(viewer, {
    showPanels: () => showPanels(viewer, parts),
    showPointer: () => showPointer(viewer, parts),
    measure: () => measure(viewer, parts),
    tell: () => viewer.say(`${MODES[viewer.view.mode]}, ${LOOKS[viewer.view.look].toLowerCase()}: ${viewer.label(viewer.view.left)}`),
    similarity: (index) => similarity(viewer, index).map,
    codes: (index) => (viewer.view.look === "ssim" ? similarity(viewer, index).codes : errorCodes(viewer, index)),
    boxNumbers: (index, box) => boxNumbers(viewer, index, box),
    figureCanvas: parts.figure,
    savePng: () => savePng(viewer, parts),
    saveSvg: () => saveSvg(viewer),
    copyView: () => copyView(viewer),
  });
}

function showPanels(viewer, parts) {
  showTable(viewer, parts);
  showChart(viewer, parts);
  showPointer(viewer, parts);
  const figure = viewer.view.boxes.length > 0;
  parts.paper.hidden = !figure;
  const key = JSON.stringify([viewer.view.boxes, viewer.view.smooth, viewer.view.blind, viewer.view.left]);
  if (figure && key !== viewer.figureKey) drawFigure(viewer, parts.figure);
  viewer.figureKey = key;
}

const percent = (zoom) => `${Number((100 * zoom).toPrecision(3))} %`;

function showPointer(viewer, parts) {
  const { view, config, pointer } = viewer;
  const below = view.zoom < 0.999 && !view.smooth ? ", not every pixel is drawn" : "";
  const words = [`zoom ${percent(view.zoom)} (${view.smooth ? "smooth" : "nearest"}${below})`];
  const inside = pointer && pointer.at[0] >= 0 && pointer.at[1] >= 0 && pointer.at[0] < config.width && pointer.at[1] < config.height;
  const at = inside ? pointer.at.map(Math.floor) : view.centre.map(Math.floor);
  if (inside) {
    words.unshift(`x ${at[0]}, y ${at[1]}`);
    for (const index of viewer.order) words.push(`${viewer.label(index)} ${rgbAt(viewer, index, at).join(" ")}${errorWords(viewer, index, at)}`);
  }
  viewer.readout.textContent = words.join("   ");
  parts.strip.hidden = !view.lens;
  if (view.lens) showStrip(viewer, parts, at);
}

// What the error look on the stage says of the pixel under the cursor, in words.
function errorWords(viewer, index, [x, y]) {
  const { view, config, pictures } = viewer;
  if (!ERRORS.includes(view.look) || index === config.truth || pictures[index].factor !== 1) return "";
  const value = errorAt(viewer, index)(y * config.width + x);
  if (view.look === "ssim") return Number.isNaN(value) ? " (no SSIM)" : ` (SSIM ${value.toFixed(4)})`;
  return ` (${view.look === "signed" && value > 0 ? "+" : ""}${value.toFixed(1)})`;
}

function rgbAt(viewer, index, [x, y]) {
  const { factor, pixels } = viewer.pictures[index];
  return [...pixels(Math.floor(x / factor), Math.floor(y / factor), 1, 1).data.slice(0, 3)];
}

function showStrip(viewer, parts, [x, y]) {
  const count = viewer.order.length;
  if (parts.strip.childElementCount !== count) {
    const cell = () => element("figure", {}, element("canvas", { width: STRIP * STRIP_ZOOM, height: STRIP * STRIP_ZOOM }), element("figcaption"));
    parts.strip.replaceChildren(...Array.from({ length: count }, cell));
  }
  viewer.order.forEach((index, i) => {
    const [canvas, caption] = parts.strip.children[i].children;
    const { bitmap, factor } = viewer.pictures[index];
    const context = canvas.getContext("2d");
    context.fillStyle = "#6b6b6b";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = viewer.view.smooth;
    const half = (STRIP - 1) / 2;
    const corner = [(half - x) * STRIP_ZOOM, (half - y) * STRIP_ZOOM];
    const size = factor * STRIP_ZOOM;
    context.drawImage(bitmap, ...corner, bitmap.width * size, bitmap.height * size);
    context.strokeStyle = "#fff";
    context.strokeRect(half * STRIP_ZOOM + 0.5, half * STRIP_ZOOM + 0.5, STRIP_ZOOM - 1, STRIP_ZOOM - 1);
    caption.textContent = viewer.label(index);
  });
}

export const spokenPsnr = (psnr) => (psnr === Infinity ? "identical" : `${psnr.toFixed(2)} dB`);
export const spokenSsim = (ssim) => (Number.isNaN(ssim) ? "needs 11 x 11 px" : ssim.toFixed(4));

function showTable(viewer, parts) {
  const { config, view } = viewer;
  const hidden = view.blind || config.truth < 0;
  const row = (kind, cells) => element("tr", {}, ...cells.map((text, i) => element(i ? kind : "th", { scope: i ? undefined : "row" }, text)));
  const measured = viewer.order.filter((index) => index !== config.truth && viewer.pictures[index].factor === 1);
  const rows = measured.map((index) => {
    const here = viewer.numbers[index];
    const local = here ? [spokenPsnr(here.psnr), here.ssim === null ? "..." : spokenSsim(here.ssim)] : ["...", "..."];
    return row("td", [viewer.label(index), ...config.whole[index], ...(view.region ? local : [])]);
  });
  const why = view.blind ? "Blind: names and numbers are hidden until you press X again." : "No truth was given, so there are no numbers.";
  const hint = view.region ? "" : " Mark a region (R) to measure it alone.";
  parts.rule.textContent = hidden ? why : `${config.protocol}.${hint}`;
  parts.table.hidden = hidden;
  const region = view.region ? `region at ${view.region[0]}, ${view.region[1]}, ${view.region[2]} x ${view.region[3]} px` : "";
  const head = row("th", ["", "PSNR, whole", "SSIM, whole", ...(view.region ? [`PSNR, ${region}`, "SSIM, region"] : [])]);
  const key = JSON.stringify([hidden, rows.map((made) => made.textContent), region]);
  if (key === viewer.tableKey) return;
  viewer.tableKey = key;
  parts.table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
  parts.table.setAttribute("aria-busy", String(Boolean(viewer.job)));
}

// Do work in slices of eight milliseconds so that the page stays alive. `told()` runs after each slice; where it returns
// false, the rest is dropped.
function inSlices(work, told) {
  const slice = () => {
    const until = performance.now() + 8;
    let done = false;
    while (!done && performance.now() < until) done = work.next().done;
    if (told(done) && !done) setTimeout(slice, 0);
  };
  setTimeout(slice, 0);
}

// The SSIM map of a picture, begun when it is first asked for and filled from top to bottom.
function similarity(viewer, index) {
  const { config } = viewer;
  if (!viewer.similarities.has(index)) {
    const { width, height } = config;
    const map = new Float64Array(width * height).fill(index === config.truth ? 1 : NaN), codes = new Int16Array(width * height);
    encodeSimilarities(map, codes, 0, codes.length);
    viewer.similarities.set(index, { map, codes });
    if (index === config.truth) return viewer.similarities.get(index);
    viewer.mapping += 1;
    const filled = (y) => encodeSimilarities(map, codes, y * width, (y + 1) * width);
    const work = ssimMap(...planePair(viewer, index, [0, 0, width, height]), width, height, map, filled);
    inSlices(work, (done) => {
      viewer.mapping -= done ? 1 : 0;
      viewer.set({});
      return true;
    });
  }
  return viewer.similarities.get(index);
}

function errorCodes(viewer, index) {
  if (!viewer.errorCodes.has(index)) viewer.errorCodes.set(index, encodeErrors(viewer.luma(index), viewer.luma(viewer.config.truth)));
  return viewer.errorCodes.get(index);
}

// PSNR at once, SSIM in slices; a newer region stops an older job.
function measure(viewer) {
  const { view, config } = viewer;
  viewer.numbers = config.names.map(() => null);
  const job = {};
  viewer.job = view.region && config.truth >= 0 ? job : null;
  if (!viewer.job) return;
  const queue = viewer.order.filter((index) => index !== config.truth && viewer.pictures[index].factor === 1);
  const work = steps(viewer, queue, view.region);
  inSlices(work, (done) => {
    if (viewer.job !== job) return false;
    if (done) viewer.job = null;
    viewer.set({});
    return true;
  });
}

function* steps(viewer, queue, region) {
  for (const index of queue) {
    const [ours, theirs] = planePair(viewer, index, region);
    const numbers = { psnr: psnrOf(ours, theirs), ssim: null };
    viewer.numbers[index] = numbers;
    yield;
    numbers.ssim = yield* ssimOfPlanes(ours, theirs, region[2], region[3]);
  }
}

// The numbers under a crop of the paper figure, as text; a box too large for a moment's work gets PSNR alone.
function boxNumbers(viewer, index, box) {
  const { config, view, pictures } = viewer;
  if (view.blind || config.truth < 0 || index === config.truth || pictures[index].factor !== 1) return "";
  const key = `${index}:${box}`;
  if (!viewer.boxCache.has(key)) {
    const large = box[2] * box[3] > 250_000;
    const { psnr, ssim } = large ? { psnr: psnrOf(...planePair(viewer, index, box)) } : numbersOf(viewer, index, box);
    viewer.boxCache.set(key, spokenPsnr(psnr) + (large || Number.isNaN(ssim) ? "" : ` / ${ssim.toFixed(4)}`));
  }
  return viewer.boxCache.get(key);
}

function showChart(viewer, parts) {
  const { view, config } = viewer;
  const { line } = view;
  parts.chart.hidden = !(line || view.histogram);
  if (parts.chart.hidden) return;
  const ink = getComputedStyle(viewer.frame).color;
  const curves = viewer.order.map((index) => ({ name: viewer.label(index), values: curveOf(viewer, index) }));
  const values = curves.flatMap((curve) => curve.values);
  const shared = { curves, ink };
  if (line && !view.histogram) {
    const length = Math.hypot(line[2] - line[0], line[3] - line[1]);
    const range = [Math.floor(Math.min(...values)), Math.ceil(Math.max(...values))];
    drawChart(parts.chart, { ...shared, xLabel: "pixels along the line", yLabel: "luma Y", xRange: [0, Math.round(length)], yRange: range });
    parts.chart.setAttribute("aria-label", `Luma along the line from ${line.map(Math.floor).join(", ")}`);
  } else {
    const place = view.region ? `region ${view.region.join(", ")}` : `whole picture, ${config.width} x ${config.height}`;
    const range = [0, 100 * Math.max(...values.map((value) => value))];
    const scaled = curves.map(({ name, values: bins }) => ({ name, values: bins.map((bin) => 100 * bin) }));
    drawChart(parts.chart, { curves: scaled, ink, xLabel: `level of luma Y (${place})`, yLabel: "% of pixels", xRange: [0, 255], yRange: range });
    parts.chart.setAttribute("aria-label", `Histogram of luma, ${place}`);
  }
}

function curveOf(viewer, index) {
  const { view } = viewer;
  const { factor, width, height, pixels } = viewer.pictures[index];
  if (view.histogram) {
    const key = `${index}:${view.region}`;
    viewer.histograms ??= new Map();
    if (viewer.histograms.size > 64) viewer.histograms.clear();
    if (!viewer.histograms.has(key)) viewer.histograms.set(key, histogram(lumaPlane(pixels(...cut(view.region, factor, width, height)))));
    return viewer.histograms.get(key);
  }
  return profile(viewer.luma(index), width, height, view.line.map((value) => value / factor));
}

function cut(region, factor, width, height) {
  if (!region) return [0, 0, width, height];
  const [x, y, w, h] = region.map((value) => Math.floor(value / factor));
  return [x, y, Math.max(1, w), Math.max(1, h)];
}

function savePng(viewer, parts) {
  if (!viewer.view.boxes.length) return viewer.say("Draw a box first (B): the figure shows each box from every picture.");
  parts.figure.toBlob((blob) => download(blob, "comparison.png"), "image/png");
  return undefined;
}

function saveSvg(viewer) {
  download(new Blob([figureSvg(viewer)], { type: "image/svg+xml" }), "comparison.svg");
}

function copyView(viewer) {
  const { mode, look, left, right, split, vertical, zoom, centre, smooth, limit, region, boxes, line } = viewer.view;
  const text = JSON.stringify({ mode, look, left, right, split, vertical, zoom, centre, smooth, limit, region, boxes, line });
  const python = text.replaceAll("true", "True").replaceAll("false", "False").replaceAll("null", "None");
  navigator.clipboard?.writeText(`view=${python}`).then(() => viewer.say("Copied."), () => viewer.say(`view=${python}`));
}

// PSNR and SSIM of one rectangle of one picture against the truth, at once; null where they mean nothing.
function numbersOf(viewer, index, box) {
  const [ours, theirs] = planePair(viewer, index, box);
  return { psnr: psnrOf(ours, theirs), ssim: finish(ssimOfPlanes(ours, theirs, box[2], box[3])) };
}

function planePair(viewer, index, box) {
  const { pictures, config } = viewer;
  return [index, config.truth].map((i) => planesOf(pictures[i].pixels(...box), config.channel, config.roundY));
}
