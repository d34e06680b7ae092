// What part of the map is seen: its middle in the map's coordinates ([-1, 1], y upwards), and how near.

const MARGIN = 0.92;
const NEAREST = 400;
const FARTHEST = 0.6;

/** Where a map begins: all of it. */
export const WHOLE = { x: 0, y: 0, zoom: 1 };

/** Pixels of the screen for one unit of the map. */
export function scaleOf({ zoom }, { width, height }) {
  return (zoom * MARGIN * Math.min(width, height)) / 2;
}

/** Where a place of the map is on the screen: [x, y] in CSS pixels. */
export function toScreen(camera, size, x, y) {
  const scale = scaleOf(camera, size);
  return [size.width / 2 + (x - camera.x) * scale, size.height / 2 - (y - camera.y) * scale];
}

/** Which place of the map is at a point of the screen. */
export function toMap(camera, size, left, top) {
  const scale = scaleOf(camera, size);
  return [camera.x + (left - size.width / 2) / scale, camera.y - (top - size.height / 2) / scale];
}

/** Moved by so many pixels, never so far that nothing of the map is left. */
export function panned(camera, size, right, down) {
  const scale = scaleOf(camera, size);
  return within({ ...camera, x: camera.x - right / scale, y: camera.y + down / scale });
}

/** Zoomed by a factor, while the place at a point of the screen stays where it is. */
export function zoomed(camera, size, factor, left = size.width / 2, top = size.height / 2) {
  const zoom = Math.min(Math.max(camera.zoom * factor, FARTHEST), NEAREST);
  const [x, y] = toMap(camera, size, left, top);
  const next = { ...camera, zoom };
  const [nowX, nowY] = toMap(next, size, left, top);
  return within({ ...next, x: camera.x + x - nowX, y: camera.y + y - nowY });
}

/** A camera that shows all of some places, with room around them. */
export function around(places, size) {
  if (!places.length) return WHOLE;
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const unit = (MARGIN * Math.min(size.width, size.height)) / 2;
  const fit = Math.min(size.width / (right - left || 1e-9), size.height / (high - low || 1e-9));
  return {
    x: (left + right) / 2,
    y: (low + high) / 2,
    zoom: Math.min(Math.max((0.6 * fit) / unit, 1), 12),
  };
}

/** As a text in an address, and back; what is no camera is the whole. */
export function writeCamera({ x, y, zoom }) {
  return [x, y, zoom].map((value) => Number(value.toPrecision(4))).join(",");
}

export function readCamera(text) {
  const [x, y, zoom] = (text ?? "").split(",").map(Number);
  const proper = [x, y, zoom].every(Number.isFinite) && zoom >= FARTHEST && zoom <= NEAREST;
  return proper ? within({ x, y, zoom }) : WHOLE;
}

function within({ x, y, zoom }) {
  const clamp = (value) => Math.min(Math.max(value, -1.1), 1.1);
  return { x: clamp(x), y: clamp(y), zoom };
}
