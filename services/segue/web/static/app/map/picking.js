// Which points are where.

// As it is published it is no module: it leaves its functions with everybody.
import "../../vendor/d3-quadtree.js";

const { quadtree } = globalThis.d3;

/** A tree over the points of a map: nearest(x, y, radius, isShown), nearestMany(...), inside(polygon, isShown). */
export function treeOf({ x, y }) {
  const tree = quadtree(
    Array.from(x, (_, row) => row),
    (row) => x[row],
    (row) => y[row],
  );
  return {
    /** Row of the nearest shown point within a radius, or -1. */
    nearest(left, top, radius, isShown) {
      return this.nearestMany(left, top, radius, 1, isShown)[0] ?? -1;
    },
    /** Rows of the nearest shown points, at most so many. */
    nearestMany(left, top, radius, most, isShown) {
      const found = [];
      let reach = radius * radius;
      tree.visit((node, x0, y0, x1, y1) => {
        const [dx, dy] = [outside(left, x0, x1), outside(top, y0, y1)];
        if (dx * dx + dy * dy > reach) return true;
        if (node.length) return false;
        for (let one = node; one; one = one.next) {
          const distance = (x[one.data] - left) ** 2 + (y[one.data] - top) ** 2;
          if (distance > reach || !isShown(one.data)) continue;
          found.push([distance, one.data]);
          if (found.length > 4 * most) {
            keep(found, most);
            reach = found[most - 1][0];
          }
        }
        return false;
      });
      keep(found, most);
      return found.map(([, row]) => row);
    },
    /** Rows of the shown points in a polygon of [x, y]. */
    inside(polygon, isShown) {
      const [xs, ys] = [polygon.map(([one]) => one), polygon.map(([, one]) => one)];
      const [left, right] = [Math.min(...xs), Math.max(...xs)];
      const [low, high] = [Math.min(...ys), Math.max(...ys)];
      const found = [];
      tree.visit((node, x0, y0, x1, y1) => {
        if (x0 > right || x1 < left || y0 > high || y1 < low) return true;
        for (let one = node.length ? null : node; one; one = one.next) {
          if (isShown(one.data) && contains(polygon, x[one.data], y[one.data])) found.push(one.data);
        }
        return false;
      });
      return found;
    },
  };
}

function keep(found, most) {
  found.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  found.length = Math.min(found.length, most);
}

const outside = (value, low, high) => Math.max(low - value, 0, value - high);

/** Whether a ray to the right crosses the outline an odd number of times. */
function contains(polygon, x, y) {
  let inside = false;
  for (let at = 0, before = polygon.length - 1; at < polygon.length; before = at++) {
    const [[x1, y1], [x2, y2]] = [polygon[at], polygon[before]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
