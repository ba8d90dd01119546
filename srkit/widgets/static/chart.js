// Small line charts on a canvas: one curve per picture, told apart by colour, by dash and by the legend's order.

export const CURVES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f"];
const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 4]];

// curves: [{name, values}]; x runs over the samples; ranges are [low, high].
export function drawChart(canvas, { curves, xLabel, yLabel, xRange, yRange, ink }) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth || 600, canvas.clientHeight || 180];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  const legend = Math.min(width / 3, 36 + Math.max(...curves.map(({ name }) => context.measureText(name).width)));
  const box = { x: 48, y: 10, w: width - 58 - legend, h: height - 44 };
  drawAxes(context, box, { xLabel, yLabel, xRange, yRange, ink });
  curves.forEach((curve, i) => {
    context.strokeStyle = CURVES[i % CURVES.length];
    context.setLineDash(DASHES[i % DASHES.length]);
    context.lineWidth = 1.75;
    drawCurve(context, box, curve.values, yRange);
    const y = box.y + 8 + i * 17;
    context.beginPath();
    context.moveTo(box.x + box.w + 10, y);
    context.lineTo(box.x + box.w + 34, y);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = ink;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(curve.name, box.x + box.w + 38, y, legend - 34);
  });
}

function drawCurve(context, box, values, [low, high]) {
  context.beginPath();
  values.forEach((value, i) => {
    const x = box.x + (box.w * i) / Math.max(1, values.length - 1);
    const y = box.y + box.h * (1 - (value - low) / (high - low || 1));
    if (i) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.stroke();
}

function drawAxes(context, box, { xLabel, yLabel, xRange, yRange, ink }) {
  context.strokeStyle = ink;
  context.globalAlpha = 0.5;
  context.lineWidth = 1;
  context.strokeRect(box.x, box.y, box.w, box.h);
  context.globalAlpha = 1;
  context.fillStyle = ink;
  context.textBaseline = "top";
  context.textAlign = "center";
  context.fillText(xLabel, box.x + box.w / 2, box.y + box.h + 18);
  context.textAlign = "left";
  context.fillText(short(xRange[0]), box.x, box.y + box.h + 4);
  context.textAlign = "right";
  context.fillText(short(xRange[1]), box.x + box.w, box.y + box.h + 4);
  context.textBaseline = "middle";
  context.fillText(short(yRange[0]), box.x - 5, box.y + box.h - 4);
  context.fillText(short(yRange[1]), box.x - 5, box.y + 6);
  context.save();
  context.translate(12, box.y + box.h / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(yLabel, 0, 0);
  context.restore();
}

const short = (value) => (Number.isInteger(value) ? String(value) : value.toPrecision(3));
