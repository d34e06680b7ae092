// What the colours mean; each entry shows and hides its points.

import { html } from "../html.js";
import { number, t } from "../i18n.js";
import { isNone, isRest } from "./paint.js";

/** Parameters: scheme, painted (of `paint`), onToggle(key), onOnly(key or null: all of them). */
export function Legend({ scheme, painted, onToggle, onAll }) {
  if (scheme === "label") {
    return html`
      <div class="ramp">
        <span style=${{ background: `linear-gradient(to right, ${painted.ends.join(", ")})` }} />
        <div><span>${t("map.unlikely")}</span><span>${t("map.given")}</span></div>
      </div>
    `;
  }
  const hidden = painted.entries.some((one) => one.hidden);
  return html`
    <div class="legend">
      <ul aria-label=${t("map.legend")}>
        ${painted.entries.map(
          (one) => html`
            <li key=${one.key}>
              <button type="button" aria-pressed=${one.hidden ? "false" : "true"} onClick=${() => onToggle(one.key)}>
                <i style=${{ background: one.css }} />
                <span>${nameOf(scheme, one.key)}</span>
                <small class="numbers">${number(one.count)}</small>
              </button>
            </li>
          `,
        )}
      </ul>
      ${(scheme === "genre" || scheme === "mood") && html`<p class="quiet">${t("map.counted")}</p>`}
      <button type="button" class="link" onClick=${onAll}>
        ${t(hidden ? "map.showAll" : "map.hideAll")}
      </button>
    </div>
  `;
}

function nameOf(scheme, key) {
  if (isRest(key)) return t("map.rest");
  if (isNone(key)) return t("map.none");
  return scheme === "year" ? t("map.decade", { decade: key }) : key;
}
