// The paper figure: the whole picture with coloured boxes, and each box cut from every picture, magnified alike. One list
// of things to draw feeds the canvas on the page, the PNG and the SVG, so the three cannot differ.

import { BOX_COLOURS } from "./view.js";

const MARGIN = 12, TEXT = 14, LINE = 18, ROW_TEXT = 2 * LINE + 14;
const LEAST_CELL = 136, MOST_CROP = 192;

// [{kind: "picture", index, crop, at} | {kind: "frame", at, colour} | {kind: "text", at, text, bold}] and the size.
export function figureItems(viewer) {
  const { view, config } = viewer;
  const shown = viewer.order.filter((index) => index !== config.truth);
  if (config.truth >= 0) shown.push(config.truth);
  const crops = view.boxes.map(cropSize);
  const cell = Math.max(LEAST_CELL, ...crops.map(([w]) => w));
  const tops = crops.map((_, row) => MARGIN + crops.slice(0, row).reduce((sum, [, h]) => sum + h + ROW_TEXT, 0));
  const bottom = tops.at(-1) + crops.at(-1)[1] + ROW_TEXT;
  const wanted = Math.max(200, bottom - MARGIN - ROW_TEXT);
  const fullWidth = Math.min(560, Math.round((wanted * config.width) / config.height));
  const fullHeight = Math.round((fullWidth * config.height) / config.width);
  const full = config.truth >= 0 ? config.truth : view.left;
  const items = [
    { kind: "picture", index: full, crop: [0, 0, config.width, config.height], at: [MARGIN, MARGIN, fullWidth, fullHeight] },
    { kind: "text", at: [MARGIN + fullWidth / 2, MARGIN + fullHeight + LINE], text: viewer.label(full), bold: true },
  ];
  view.boxes.forEach((box, row) => {
    const at = box.map((value, i) => (i < 2 ? MARGIN : 0) + (value * fullWidth) / config.width);
    items.push({ kind: "frame", at, colour: BOX_COLOURS[row] });
    shown.forEach((index, column) => {
      const left = 2 * MARGIN + fullWidth + column * (cell + MARGIN);
      items.push(...boxItems(viewer, index, row, [left + cell / 2, tops[row], ...crops[row]]));
    });
  });
  const width = 2 * MARGIN + fullWidth + shown.length * (cell + MARGIN);
  return { items, width, height: Math.max(bottom, fullHeight + 2 * MARGIN + LINE) };
}

// A box on paper: enlarged by a whole factor until it is about as wide as its numbers are long; only a large one shrinks.
function cropSize([, , w, h]) {
  const zoom = Math.min(MOST_CROP / w, MOST_CROP / h);
  const factor = zoom >= 1 ? Math.floor(zoom) : zoom;
  return [w * factor, h * factor];
}

function boxItems(viewer, index, row, [middle, top, w, h]) {
  const box = viewer.view.boxes[row];
  const at = [Math.round(middle - w / 2), top, w, h];
  const items = [
    { kind: "picture", index, crop: box, at },
    { kind: "frame", at, colour: BOX_COLOURS[row] },
    { kind: "text", at: [middle, top + h + LINE], text: viewer.label(index), bold: true },
  ];
  const numbers = viewer.boxNumbers(index, box);
  if (numbers) items.push({ kind: "text", at: [middle, top + h + 2 * LINE - 1], text: numbers });
  return items;
}

export function drawFigure(viewer, canvas, ratio = 2) {
  const { items, width, height } = figureItems(viewer);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  for (const item of items) drawItem(viewer, context, item);
}

function drawItem(viewer, context, item) {
  const [x, y, w, h] = item.at;
  if (item.kind === "picture") {
    const { bitmap, factor } = viewer.pictures[item.index];
    context.imageSmoothingEnabled = viewer.view.smooth || w < item.crop[2];
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, ...item.crop.map((value) => value / factor), x, y, w, h);
  } else if (item.kind === "frame") {
    context.strokeStyle = item.colour;
    context.lineWidth = 2.5;
    context.strokeRect(x, y, w, h);
  } else {
    context.fillStyle = "#000";
    context.font = `${item.bold ? "bold " : ""}${TEXT}px Helvetica, Arial, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText(item.text, x, y);
  }
}

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function figureSvg(viewer) {
  const { items, width, height } = figureItems(viewer);
  const body = items.map((item) => svgItem(viewer, item)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<rect width="${width}" height="${height}" fill="#fff"/>
${body}
</svg>
`;
}

function svgItem(viewer, item) {
  const [x, y, w, h] = item.at;
  if (item.kind === "picture") {
    const smooth = viewer.view.smooth || w < item.crop[2];
    const look = smooth ? "auto" : "pixelated";
    const place = `x="${x}" y="${y}" width="${w}" height="${h}" preserveAspectRatio="none"`;
    const name = escaped(viewer.label(item.index));
    return `<image ${place} style="image-rendering:${look}" aria-label="${name}" href="${cropUri(viewer, item)}"/>`;
  }
  if (item.kind === "frame") {
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="${item.colour}" stroke-width="2.5"/>`;
  }
  const font = `font-family="Helvetica, Arial, sans-serif" font-size="${TEXT}" font-weight="${item.bold ? 700 : 400}"`;
  return `<text x="${x}" y="${y}" text-anchor="middle" ${font}>${escaped(item.text)}</text>`;
}

// The crop as it is shown: in pixels of the large pictures, a small picture's pixels repeated.
function cropUri(viewer, item) {
  const { bitmap, factor } = viewer.pictures[item.index];
  const [, , w, h] = item.crop;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, ...item.crop.map((value) => value / factor), 0, 0, w, h);
  return canvas.toDataURL("image/png");
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
