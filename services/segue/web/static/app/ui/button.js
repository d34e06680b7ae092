// Buttons: with words, or round with an icon alone, whose words screen readers and tooltips say.

import { html } from "../html.js";
import { Icon } from "./icon.js";

/**
 * Parameters: kind ("strong", "plain", "danger" or none), icon, small; the rest goes to the element.
 */
export function Button({ kind = "", icon, small, class: more = "", children, ...rest }) {
  return html`
    <button type="button" class="button ${kind} ${small ? "small" : ""} ${more}" ...${rest}>
      ${icon && html`<${Icon} name=${icon} />`}${children}
    </button>
  `;
}

/** Parameters: label (what it does), icon, kind, size ("small", "large" or none). */
export function IconButton({ label, icon, kind = "plain", size = "", class: more = "", ...rest }) {
  return html`
    <button
      type="button"
      class="button round ${kind} ${size} ${more}"
      aria-label=${label}
      title=${label}
      ...${rest}
    >
      <${Icon} name=${icon} />
    </button>
  `;
}
