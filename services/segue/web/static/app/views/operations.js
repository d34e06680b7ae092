// Operations.

import { html } from "../html.js";
import { t } from "../i18n.js";

export function View() {
  return html`<div class="operations"><h1>${t("app.operations")}</h1></div>`;
}
