// What went wrong, and what to do; what there is when there is nothing; what stands there meanwhile.

import { html } from "../html.js";
import { has, t } from "../i18n.js";
import { to } from "../route.js";
import { Button } from "./button.js";
import { Icon } from "./icon.js";

const SIGN_IN_HELPS = new Set([401, 403]);

/**
 * What to say of an error: what the page says of its reason, in the reader's language and in terms of the
 * page, else what the API says, which speaks to those who call it.
 */
export function told({ reason, message, nextStep }) {
  const name = `problem.${reason}`;
  if (has(name)) return { message: t(name, { what: message }), nextStep: t(`${name}.next`) };
  return { message: message.charAt(0).toUpperCase() + message.slice(1), nextStep };
}

/** Parameters: error (an ApiError or another), onRetry. */
export function Problem({ error, onRetry, children }) {
  const { message, nextStep } = told(error);
  return html`
    <div class="problem" role="alert">
      <${Icon} name="warning" />
      <div>
        <strong>${message}</strong>
        ${nextStep && html`<p>${nextStep}</p>`}
        ${error.reason && html`<code>${error.reason}</code>`}
        ${children}
        ${SIGN_IN_HELPS.has(error.status) &&
        html`<a class="button small" href=${to("sign-in")}>${t("ui.signIn")}</a>`}
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
