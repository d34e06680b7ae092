// The catalogue: its tracks, what comes in, what failed, what is there twice.

import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { Adding } from "../catalogue/adding.js";
import { Duplicates } from "../catalogue/duplicates.js";
import { Failures } from "../catalogue/failures.js";
import { Listing } from "../catalogue/listing.js";
import { Ways } from "../ui/ways.js";

const TABS = { tracks: Listing, add: Adding, failures: Failures, duplicates: Duplicates };

export function View({ parameters }) {
  const [failures, setFailures] = useState(0);
  const tab = Object.hasOwn(TABS, parameters.get("tab") ?? "") ? parameters.get("tab") : "tracks";
  const Shown = TABS[tab];
  const ways = Object.keys(TABS).map((name) => ({
    name,
    href: to("catalogue", name === "tracks" ? {} : { tab: name }),
    text: t(`catalogue.tab.${name}`),
    badge: name === "failures" ? failures : 0,
  }));
  return html`
    <div class="catalogue">
      <h1>${t("app.catalogue")}</h1>
      <${Ways} class="tabs" label=${t("catalogue.tabs")} ways=${ways} shown=${tab} />
      <${Shown} parameters=${parameters} onTotal=${setFailures} />
    </div>
  `;
}
