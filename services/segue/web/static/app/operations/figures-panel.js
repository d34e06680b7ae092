// How fast it goes, and how that went since the page was opened.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { count } from "./figures.js";
import { Sparkline } from "./sparkline.js";

/** Parameters: figures, history (samples since the page was opened). */
export function Figures({ history }) {
  const what = t("operations.figure.depth");
  return html`
    <section class="figures" aria-label=${t("operations.figures")}>
      <div class="panel">
        <h2>${what}</h2>
        <p class="value numbers">${count(history.at(-1)?.depth)}</p>
        <${Sparkline} values=${history.map(({ depth }) => depth)} label=${t("operations.went", { what })} />
      </div>
    </section>
  `;
}
