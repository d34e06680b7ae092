// Short messages at the edge of the page, said by screen readers too; they go by themselves.

import { html, useState, useEffect } from "../html.js";
import { t } from "../i18n.js";
import { Button, IconButton } from "./button.js";

const STAY_MILLISECONDS = 6_000;

let shown = [];
let next = 1;
let changed = () => {};

/** Say something; `action` is {label, run}, for what can be taken back: such a message stays longer. */
export function toast(text, action) {
  const one = { id: next++, text, action };
  shown = [...shown.slice(-2), one];
  changed();
  setTimeout(() => dismiss(one.id), action ? 2 * STAY_MILLISECONDS : STAY_MILLISECONDS);
}

function dismiss(id) {
  shown = shown.filter((one) => one.id !== id);
  changed();
}

/** Where they appear; once on the page. */
export function Toasts() {
  const [, draw] = useState();
  useEffect(() => {
    changed = () => draw({});
    return () => (changed = () => {});
  }, []);
  return html`
    <div class="toasts" role="status" aria-live="polite">
      ${shown.map(
        ({ id, text, action }) => html`
          <div class="toast" key=${id}>
            <span>${text}</span>
            ${action &&
            html`<${Button} kind="plain" small onClick=${() => (action.run(), dismiss(id))}>
              ${action.label}
            <//>`}
            <${IconButton}
              label=${t("ui.close")}
              icon="close"
              size="small"
              onClick=${() => dismiss(id)}
            />
          </div>
        `,
      )}
    </div>
  `;
}
