// What went wrong, and what to do; what there is when there is nothing; what stands there meanwhile.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

/** Parameters: error (an ApiError or another), onRetry. */
export function Problem({ error, onRetry, children }) {
  return html`
    <div class="problem" role="alert">
      <${Icon} name="warning" />
      <div>
        <strong>${error.message}</strong>
        ${error.nextStep && html`<p>${error.nextStep}</p>`}
        ${error.reason && html`<code>${error.reason}</code>`}
        ${children}
        ${onRetry && html`<${Button} small icon="again" onClick=${onRetry}>${t("ui.retry")}<//>`}
      </div>
    </div>
  `;
}

/** Parameters: icon, title; children say what to do. */
export function Empty({ icon = "music", title, children }) {
  return html`
    <div class="empty">
      <${Icon} name=${icon} />
      <h2>${title}</h2>
      ${children}
    </div>
  `;
}

/** Parameters: count, height (CSS). Stands where something is loading. */
export function Skeletons({ count = 3, height = "6rem" }) {
  return Array.from(
    { length: count },
    (_, index) => html`<div key=${index} class="skeleton" style=${{ height }} aria-hidden="true" />`,
  );
}
