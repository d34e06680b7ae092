// More of a list, on demand.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";

/** Parameters: more (whether there is more), loading, onMore, shown (how many stand there). */
export function Pager({ more, loading, onMore, shown }) {
  return html`
    <div class="pager">
      <span class="quiet" role="status">${t("ui.shown", { count: shown })}</span>
      ${more &&
      html`<${Button} icon="more" disabled=${loading} onClick=${onMore}>
        ${loading ? t("ui.loading") : t("ui.more")}
      <//>`}
    </div>
  `;
}
