// How a number went, as a small line.

import { html } from "../html.js";

const WIDTH = 160;
const HEIGHT = 36;

/** Parameters: values (oldest first; those that are not known are left out), label (what it shows). */
export function Sparkline({ values, label }) {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length < 2) return null;
  const most = Math.max(...known, 1e-9);
  const points = known.map((value, index) => {
    const x = (index / (known.length - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return html`
    <svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      <polyline points=${points.join(" ")} />
    </svg>
  `;
}
