// Mouse, touch, pen and keyboard on the map, as what is meant by them.

const CLICK_PIXELS = 5;
const WHEEL_STEP = 0.0016;
const KEY_PIXELS = 60;
const KEY_ZOOM = 1.4;
const LASSO_PIXELS = 4;

/**
 * Listens on an element until the function that it gives is called.
 *
 * @param {object} on - pan(right, down), zoom(factor, left, top), hover(left, top), leave(), click(left, top),
 *   lasso(points), lassoEnd(points), whole(), isLasso(event): whether a drag draws a lasso
 */
export function listen(element, on) {
  const pointers = new Map();
  let drag = null;

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const down = (event) => {
    if (event.button > 0) return;
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (pointers.size === 2) drag = { kind: "pinch" };
    else if (pointers.size === 1) {
      drag = { kind: on.isLasso(event) ? "lasso" : "press", from: place(event), points: [place(event)] };
    }
  };

  const move = (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (!before) return on.hover(...now, event.pointerType);
    if (drag?.kind === "pinch") pinch(pointers, event.pointerId, now, on);
    pointers.set(event.pointerId, now);
    if (drag?.kind === "press" && distance(drag.from, now) > CLICK_PIXELS) drag.kind = "pan";
    if (drag?.kind === "pan") on.pan(now[0] - before[0], now[1] - before[1]);
    if (drag?.kind === "lasso" && distance(drag.points.at(-1), now) > LASSO_PIXELS) {
      drag.points.push(now);
      on.lasso(drag.points);
    }
    return undefined;
  };

  const up = (event) => {
    if (!pointers.delete(event.pointerId) || pointers.size) return;
    const ended = drag;
    drag = null;
    if (event.type === "pointercancel") on.lasso([]);
    else if (ended?.kind === "press") on.click(...place(event), event.pointerType);
    else if (ended?.kind === "lasso") on.lassoEnd(ended.points);
  };

  const wheel = (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    // Two fingers on a touchpad come as a wheel with the control key, in finer steps.
    const step = event.deltaY * lines * WHEEL_STEP * (event.ctrlKey ? 6 : 1);
    on.zoom(Math.exp(-Math.min(Math.max(step, -1), 1)), ...place(event));
  };

  const keys = {
    ArrowLeft: () => on.pan(KEY_PIXELS, 0),
    ArrowRight: () => on.pan(-KEY_PIXELS, 0),
    ArrowUp: () => on.pan(0, KEY_PIXELS),
    ArrowDown: () => on.pan(0, -KEY_PIXELS),
    "+": () => on.zoom(KEY_ZOOM),
    "=": () => on.zoom(KEY_ZOOM),
    "-": () => on.zoom(1 / KEY_ZOOM),
    0: () => on.whole(),
    Home: () => on.whole(),
    Enter: () => on.pickMiddle(),
  };
  const key = (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  };
  const double = (event) => on.zoom(2, ...place(event));

  const listeners = {
    pointerdown: down,
    pointermove: move,
    pointerup: up,
    pointercancel: up,
    pointerleave: () => on.leave(),
    wheel,
    keydown: key,
    dblclick: double,
  };
  for (const [name, handler] of Object.entries(listeners)) {
    element.addEventListener(name, handler, { passive: false });
  }
  return () => {
    for (const [name, handler] of Object.entries(listeners)) element.removeEventListener(name, handler);
  };
}

/** Two fingers move the map with their middle, and zoom it by their distance. */
function pinch(pointers, moving, now, on) {
  const other = [...pointers].find(([id]) => id !== moving)?.[1];
  const before = pointers.get(moving);
  if (!other) return;
  const middle = (one) => [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
  const [from, to] = [middle(before), middle(now)];
  on.pan(to[0] - from[0], to[1] - from[1]);
  on.zoom(distance(now, other) / Math.max(distance(before, other), 1), ...to);
}

function distance([x1, y1], [x2, y2]) {
  return Math.hypot(x1 - x2, y1 - y2);
}
