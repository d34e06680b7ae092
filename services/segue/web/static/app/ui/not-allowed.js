// What stands in the place of something that the reader may not do: the way to those who may.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { useSession } from "../session.js";
import { Empty } from "./problem.js";

/** Parameters: icon, title (who may). Who has signed in already is no further by doing that again. */
export function NotAllowed({ icon, title }) {
  const { role } = useSession();
  if (role === "listener") return html`<${Empty} icon=${icon} title=${title}><p>${t("ui.askOwner")}</p><//>`;
  return html`
    <${Empty} icon=${icon} title=${title}>
      <p>${t("ui.signInForThis")}</p>
      <a class="button" href=${to("sign-in")}>${t("app.sign-in")}</a>
    <//>
  `;
}
