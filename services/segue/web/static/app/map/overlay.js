// What lies over the points: the way of a path, a track and its neighbours, what was chosen, the lasso.

import { html } from "../html.js";
import { toScreen } from "./camera.js";

/** Parameters: map, frame ({camera, size}), marks, hovered (row or -1), outline of the lasso (points). */
export function Overlay({ map, frame, marks, hovered, outline }) {
  const { camera, size } = frame;
  const at = (row) => toScreen(camera, size, map.x[row], map.y[row]);
  const dots = (rows, name, radius) =>
    rows.map((row) => {
      const [x, y] = at(row);
      return html`<circle key=${`${name}${row}`} class=${name} cx=${x} cy=${y} r=${radius} />`;
    });
  const line = (points) => points.map((point) => point.map((one) => one.toFixed(1)).join(",")).join(" ");
  const middle = marks.near >= 0 ? at(marks.near) : null;
  return html`
    <svg class="over" width=${size.width} height=${size.height} aria-hidden="true">
      ${middle &&
      marks.neighbours.map((row) => {
        const [x, y] = at(row);
        return html`<line key=${`l${row}`} class="tie" x1=${middle[0]} y1=${middle[1]} x2=${x} y2=${y} />`;
      })}
      ${marks.path.length > 1 && html`<polyline class="path" points=${line(marks.path.map(at))} />`}
      ${dots(marks.chosen, "chosen", 4.5)} ${dots(marks.neighbours, "neighbour", 6)}
      ${dots(marks.path, "step", 6)}
      ${marks.near >= 0 && dots([marks.near], "near", 9)}
      ${hovered >= 0 && dots([hovered], "hovered", 8)}
      ${outline.length > 1 && html`<polygon class="lasso" points=${line(outline)} />`}
    </svg>
  `;
}
