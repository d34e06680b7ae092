// Which of the stack's catalogues is looked at, where there are several.

import { html } from "./html.js";
import { t } from "./i18n.js";
import { go, to } from "./route.js";
import { useServer } from "./session.js";

/** Parameters: view that is shown, shown (name of the catalogue; "": the default one). */
export function CatalogueChoice({ view, shown }) {
  const names = useServer()?.catalogues ?? [];
  // What an address asks for stands there, even where it can only be refused.
  const offered = [...new Set(["", ...names, shown])];
  if (offered.length === 1) return null;
  // What else the address says is about tracks of the catalogue that is left.
  const choose = (event) => go(to(view, {}, event.currentTarget.value));
  return html`
    <select class="button plain small catalogue-choice" aria-label=${t("app.whichCatalogue")} onChange=${choose}>
      ${offered.map(
        (name) => html`
          <option key=${name} value=${name} selected=${name === shown}>
            ${name || t("app.defaultCatalogue")}
          </option>
        `,
      )}
    </select>
  `;
}
