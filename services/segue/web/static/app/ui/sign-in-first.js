// What stands in the place of something that is for those who signed in.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { to } from "../route.js";
import { Empty } from "./problem.js";

/** Parameters: icon, title (who may). */
export function SignInFirst({ icon, title }) {
  return html`
    <${Empty} icon=${icon} title=${title}>
      <p>${t("catalogue.signIn")}</p>
      <a class="button" href=${to("sign-in")}>${t("app.sign-in")}</a>
    <//>
  `;
}
