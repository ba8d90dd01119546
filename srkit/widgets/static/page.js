// What a gallery knows without a page: which page a position of its sliders means. A position is a list of whole numbers,
// one for each axis; pages are stored under positions joined by commas.

export const keyOf = (position) => position.join(",");

// The position after moving one slider. Where that page does not exist and cannot be made, the other sliders go back to
// their start, where it does; where even that is missing, nothing moves.
export function moved(position, axis, value, { starts, has, canMake }) {
  const wanted = position.map((old, i) => (i === axis ? value : old));
  if (canMake || has(keyOf(wanted))) return wanted;
  const alone = starts.map((start, i) => (i === axis ? value : start));
  return has(keyOf(alone)) ? alone : position;
}

// Which step of an axis a place in a picture means: place and size in pixels, steps of the axis.
export const stepAt = (place, size, steps) => Math.min(steps - 1, Math.max(0, Math.floor((place * steps) / size)));

// The next magnification up or down; whole factors only, so that every pixel stays a square.
export const nextFactor = (factor, direction) => Math.min(8, Math.max(1, direction > 0 ? factor * 2 : Math.floor(factor / 2)));
