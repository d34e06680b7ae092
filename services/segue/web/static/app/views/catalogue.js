// The catalogue: its tracks, what comes in, what failed, what is there twice.

import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { Adding } from "../catalogue/adding.js";
import { Duplicates } from "../catalogue/duplicates.js";
import { Failures } from "../catalogue/failures.js";
import { Listing } from "../catalogue/listing.js";

const TABS = { tracks: Listing, add: Adding, failures: Failures, duplicates: Duplicates };

export function View({ parameters }) {
  const [failures, setFailures] = useState(0);
  const tab = parameters.get("tab") in TABS ? parameters.get("tab") : "tracks";
  const Shown = TABS[tab];
  return html`
    <div class="catalogue">
      <h1>${t("app.catalogue")}</h1>
      <nav class="tabs" aria-label=${t("catalogue.tabs")}>
        ${Object.keys(TABS).map(
          (name) => html`
            <a
              key=${name}
              href=${to("catalogue", name === "tracks" ? {} : { tab: name })}
              aria-current=${name === tab ? "page" : undefined}
            >
              ${t(`catalogue.tab.${name}`)}
              ${name === "failures" && failures > 0 && html` <span class="badge">${failures}</span>`}
            </a>
          `,
        )}
      </nav>
      <${Shown} parameters=${parameters} onTotal=${setFailures} />
    </div>
  `;
}
