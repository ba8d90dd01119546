// Arithmetic on 8-bit pixels: luma, PSNR, SSIM, profiles, histograms, spectra. No page, no canvas; everything here is a
// function of its arguments. A "plane" is a Float64Array in row order; "pixels" are {width, height, data} with RGBA bytes.

export function lumaPlane(pixels) {
  const { data } = pixels;
  const plane = new Float64Array(pixels.width * pixels.height);
  for (let i = 0, j = 0; i < plane.length; i += 1, j += 4) {
    plane[i] = (65.481 * data[j] + 128.553 * data[j + 1] + 24.966 * data[j + 2]) / 255 + 16;
  }
  return plane;
}

function channelPlane(pixels, channel) {
  const plane = new Float64Array(pixels.width * pixels.height);
  for (let i = 0; i < plane.length; i += 1) plane[i] = pixels.data[4 * i + channel];
  return plane;
}

// The planes a protocol compares: luma alone, the one grey channel as it is stored, or red, green and blue.
export function planesOf(pixels, channel, roundY = false) {
  if (channel === "y") return [roundY ? lumaPlane(pixels).map((value) => Math.floor(value + 0.5)) : lumaPlane(pixels)];
  if (channel === "grey") return [channelPlane(pixels, 0)];
  return [0, 1, 2].map((index) => channelPlane(pixels, index));
}

export function meanSquare(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum / a.length;
}

export function psnrOf(planesA, planesB) {
  const mse = planesA.reduce((sum, plane, i) => sum + meanSquare(plane, planesB[i]), 0) / planesA.length;
  return mse === 0 ? Infinity : 10 * Math.log10((255 * 255) / mse);
}

export const SSIM_WINDOW = 11;

export function gaussian(size = SSIM_WINDOW, sigma = 1.5) {
  const middle = (size - 1) / 2;
  const taps = Array.from({ length: size }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * sigma * sigma)));
  const total = taps.reduce((sum, tap) => sum + tap, 0);
  return taps.map((tap) => tap / total);
}

// Five filtered rows of one image row: means, squares and the product.
function filteredRow(a, b, width, y, taps) {
  const out = width - taps.length + 1;
  const row = Array.from({ length: 5 }, () => new Float64Array(out));
  for (let x = 0; x < out; x += 1) {
    let ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (let k = 0, i = y * width + x; k < taps.length; k += 1, i += 1) {
      const t = taps[k], u = a[i], v = b[i];
      ma += t * u;
      mb += t * v;
      aa += t * u * u;
      bb += t * v * v;
      ab += t * u * v;
    }
    row[0][x] = ma;
    row[1][x] = mb;
    row[2][x] = aa;
    row[3][x] = bb;
    row[4][x] = ab;
  }
  return row;
}

// The similarity of every window whose middle lies in the middle of these rows.
function similarityRow(rows, taps) {
  const c1 = (0.01 * 255) ** 2, c2 = (0.03 * 255) ** 2;
  const row = new Float64Array(rows[0][0].length);
  for (let x = 0; x < row.length; x += 1) {
    let ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
    for (let k = 0; k < taps.length; k += 1) {
      const t = taps[k], filtered = rows[k];
      ma += t * filtered[0][x];
      mb += t * filtered[1][x];
      aa += t * filtered[2][x];
      bb += t * filtered[3][x];
      ab += t * filtered[4][x];
    }
    const top = (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2);
    row[x] = top / ((ma * ma + mb * mb + c1) * (aa - ma * ma + (bb - mb * mb) + c2));
  }
  return row;
}

// SSIM of two planes over the windows that fit (Wang 2004: 11 x 11 Gaussian, sigma 1.5), one row per step, so that a
// large picture can be measured in slices. The generator's return value is the mean, or NaN where no window fits;
// `keep(y, row)` is handed the similarities of the windows whose middle lies in the picture's row y.
export function* ssimSteps(a, b, width, height, keep = () => {}) {
  const taps = gaussian();
  if (width < taps.length || height < taps.length) return NaN;
  const rows = [];
  let sum = 0;
  for (let y = 0; y < height; y += 1) {
    rows.push(filteredRow(a, b, width, y, taps));
    if (rows.length === taps.length) {
      const row = similarityRow(rows, taps);
      sum += row.reduce((total, value) => total + value, 0);
      keep(y - (taps.length - 1) / 2, row);
      rows.shift();
    }
    yield;
  }
  return sum / ((width - taps.length + 1) * (height - taps.length + 1));
}

export function* ssimOfPlanes(planesA, planesB, width, height) {
  let sum = 0;
  for (let i = 0; i < planesA.length; i += 1) sum += yield* ssimSteps(planesA[i], planesB[i], width, height);
  return sum / planesA.length;
}

// The map behind the mean: the similarity of the window around each pixel, averaged over the planes; NaN where none fits.
// `map` is filled row by row, so that it can be drawn before it is whole; `filled(y)` is told of each.
export function* ssimMap(planesA, planesB, width, height, map, filled = () => {}) {
  map.fill(NaN);
  const half = (SSIM_WINDOW - 1) / 2;
  for (let i = 0; i < planesA.length; i += 1) {
    yield* ssimSteps(planesA[i], planesB[i], width, height, (y, row) => {
      const start = y * width + half;
      for (let x = 0; x < row.length; x += 1) map[start + x] = (i ? map[start + x] : 0) + row[x] / planesA.length;
      filled(y);
    });
  }
  return map;
}

export function finish(steps) {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

// The plane along a straight line, one sample per pixel of its length, each from the nearest pixel.
export function profile(plane, width, height, [x0, y0, x1, y1]) {
  const count = Math.max(2, Math.round(Math.hypot(x1 - x0, y1 - y0)) + 1);
  return Array.from({ length: count }, (_, i) => {
    const t = i / (count - 1);
    const x = Math.min(width - 1, Math.max(0, Math.floor(x0 + t * (x1 - x0))));
    const y = Math.min(height - 1, Math.max(0, Math.floor(y0 + t * (y1 - y0))));
    return plane[y * width + x];
  });
}

// Share of the values that fall on each of the levels 0 ... 255.
export function histogram(plane) {
  const bins = new Array(256).fill(0);
  for (const value of plane) bins[Math.min(255, Math.max(0, Math.round(value)))] += 1 / plane.length;
  return bins;
}

function fftInPlace(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    for (let k = 0; k < size / 2; k += 1) {
      const c = Math.cos((-2 * Math.PI * k) / size), s = Math.sin((-2 * Math.PI * k) / size);
      for (let i = k; i < n; i += size) {
        const j = i + size / 2;
        const u = re[j] * c - im[j] * s, v = re[j] * s + im[j] * c;
        re[j] = re[i] - u;
        im[j] = im[i] - v;
        re[i] += u;
        im[i] += v;
      }
    }
  }
}

// Magnitude of the two-dimensional Fourier transform in decibels (20 log10 of |F| / n^2), zero frequency in the middle.
// The plane is n x n with n a power of two; its mean is taken off and a Hann window laid over it.
export function spectrum(plane, n) {
  const mean = plane.reduce((sum, value) => sum + value, 0) / plane.length;
  const hann = Array.from({ length: n }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / n));
  const re = plane.map((value, i) => (value - mean) * hann[i % n] * hann[Math.floor(i / n)]);
  const im = new Float64Array(n * n);
  for (let y = 0; y < n; y += 1) fftInPlace(re.subarray(y * n, y * n + n), im.subarray(y * n, y * n + n));
  const columnRe = new Float64Array(n), columnIm = new Float64Array(n), out = new Float64Array(n * n);
  for (let x = 0; x < n; x += 1) {
    for (let y = 0; y < n; y += 1) [columnRe[y], columnIm[y]] = [re[y * n + x], im[y * n + x]];
    fftInPlace(columnRe, columnIm);
    for (let y = 0; y < n; y += 1) {
      const size = Math.hypot(columnRe[y], columnIm[y]) / (n * n);
      out[((y + n / 2) % n) * n + ((x + n / 2) % n)] = 20 * Math.log10(Math.max(size, 1e-6));
    }
  }
  return out;
}
