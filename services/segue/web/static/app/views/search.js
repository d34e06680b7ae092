// Search by listening.

import { html } from "../html.js";
import { t } from "../i18n.js";

export function View() {
  return html`<h1>${t("app.search")}</h1>`;
}
