// A dialog over the page. The browser keeps the focus inside, and gives it back at the end.

import { html, useId, useLayoutEffect, useRef } from "../html.js";
import { t } from "../i18n.js";
import { IconButton } from "./button.js";

/** Parameters: title, onClose (also for Escape and a click beside it). */
export function Dialog({ title, onClose, children }) {
  const element = useRef();
  const id = useId();
  useLayoutEffect(() => element.current.showModal(), []);
  const beside = (event) => event.target === element.current && element.current.close();
  return html`
    <dialog ref=${element} aria-labelledby=${id} onClose=${onClose} onClick=${beside}>
      <header>
        <h2 id=${id}>${title}</h2>
        <${IconButton}
          label=${t("ui.close")}
          icon="close"
          size="small"
          onClick=${() => element.current.close()}
        />
      </header>
      ${children}
    </dialog>
  `;
}
