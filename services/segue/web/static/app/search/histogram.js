// How many tracks there are by year or by length: small bars, which screen readers read as a list.

import { html } from "../html.js";
import { t } from "../i18n.js";

/**
 * Parameters: name (what is counted by), ranges (RangeCount, rising), chosen ([from, to], ends may be null), and
 * words(minimum, below), which says a range; below undefined: it has no end.
 */
export function Histogram({ name, ranges, chosen, words }) {
  const bars = ranges.map(({ minimum = 0, below, tracks }) => ({ minimum, below, count: Number(tracks ?? 0) }));
  // Lengths go up to that of the longest mix: where there is none, what there is has more room.
  while (bars.length && !bars.at(-1).count) bars.pop();
  const most = Math.max(...bars.map(({ count }) => count));
  if (!bars.length) return null;
  return html`
    <ul class="histogram" aria-label=${name}>
      ${bars.map(({ minimum, below, count }) => {
        const said = t("search.inRange", { range: words(minimum, below), count });
        return html`
          <li key=${minimum} title=${said} data-out=${touches(chosen, minimum, below) ? undefined : ""}>
            <span class="unseen">${said}</span>
            <i aria-hidden="true" style=${{ height: `${(100 * count) / most}%` }} />
          </li>
        `;
      })}
    </ul>
  `;
}

function touches([from, to], minimum, below = Infinity) {
  return (from === null || from < below) && (to === null || to >= minimum);
}
