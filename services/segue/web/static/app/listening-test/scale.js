// How similar something is, from 1 to 10: ten radio buttons, so that arrow keys and screen readers know them.

import { html, useId } from "../html.js";
import { t } from "../i18n.js";

const RATINGS = Array.from({ length: 10 }, (_, index) => index + 1);

/** Parameters: name of what is rated, value (undefined: not rated yet), onChange(rating). */
export function Scale({ name, value, onChange }) {
  const id = useId();
  return html`
    <fieldset class="scale">
      <legend>
        <strong>${name}</strong>
        <span class="unseen">${t("listening.question")}</span>
      </legend>
      <div class="steps">
        ${RATINGS.map(
          (rating) => html`
            <label key=${rating}>
              <input
                type="radio"
                name=${id}
                value=${rating}
                checked=${rating === value}
                aria-label=${labelOf(rating)}
                onChange=${() => onChange(rating)}
              />
              <span class="numbers" aria-hidden="true">${rating}</span>
            </label>
          `,
        )}
      </div>
      <p class="ends quiet" aria-hidden="true">
        <span>${t("listening.least")}</span><span>${t("listening.most")}</span>
      </p>
    </fieldset>
  `;
}

function labelOf(rating) {
  if (rating === RATINGS[0]) return `${rating}, ${t("listening.least")}`;
  if (rating === RATINGS.at(-1)) return `${rating}, ${t("listening.most")}`;
  return String(rating);
}
