// The catalogue: its tracks, what comes in, what failed, what is there twice.

import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { useSession } from "../session.js";
import { Adding } from "../catalogue/adding.js";
import { Duplicates } from "../catalogue/duplicates.js";
import { Failures } from "../catalogue/failures.js";
import { Listing } from "../catalogue/listing.js";
import { Ways } from "../ui/ways.js";

const TABS = { tracks: Listing, add: Adding, failures: Failures, duplicates: Duplicates };
/** What accounts are not led to. Guests are: among them is the owner who has not signed in yet. */
const OWNERS = new Set(["add", "failures"]);

export function View({ parameters }) {
  const [failures, setFailures] = useState(0);
  const tab = Object.hasOwn(TABS, parameters.get("tab") ?? "") ? parameters.get("tab") : "tracks";
  const Shown = TABS[tab];
  const { role } = useSession();
  const names = Object.keys(TABS).filter((name) => role !== "listener" || !OWNERS.has(name));
  const ways = names.map((name) => ({
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
