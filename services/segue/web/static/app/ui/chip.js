// A chip: something chosen, which can be taken back.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "./icon.js";

/** Parameters: text, kind ("for", "against" or none), onRemove, removeLabel; children stand before the text. */
export function Chip({ text, kind = "", onRemove, removeLabel, children }) {
  const remove = removeLabel ?? t("ui.remove", { what: text });
  return html`
    <span class="chip ${kind}">
      ${children}<span class="text" dir="auto" title=${text}>${text}</span>
      ${onRemove &&
      html`<button type="button" aria-label=${remove} title=${remove} onClick=${onRemove}>
        <${Icon} name="close" />
      </button>`}
    </span>
  `;
}
