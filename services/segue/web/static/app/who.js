// Who is signed in, in the header; the way in and out.

import { call } from "./api.js";
import { html } from "./html.js";
import { t } from "./i18n.js";
import { go, to } from "./route.js";
import { renewSession, useSession } from "./session.js";
import { Icon } from "./ui/icon.js";
import { told } from "./ui/problem.js";
import { toast } from "./ui/toast.js";

export function Who() {
  const session = useSession();
  if (!session.known) return null;
  if (session.role === "guest") {
    return html`
      <a class="button plain small" href=${to("sign-in")}>
        <${Icon} name="person" />${t("signIn.do")}
      </a>
    `;
  }
  const name = session.name || t("signIn.owner");
  // Who is known by a token of each request, or as everybody is, has no session to end.
  if (!session.expires_at) return html`<span class="who quiet"><${Icon} name="person" />${name}</span>`;
  return html`
    <button
      type="button"
      class="button plain small who"
      title=${t("signIn.out")}
      aria-label=${t("signIn.outOf", { name })}
      onClick=${signOut}
    >
      <${Icon} name="person" /><span>${name}</span>
    </button>
  `;
}

async function signOut() {
  try {
    await call("session", { method: "DELETE" });
    await renewSession();
    go(to("search"));
  } catch (error) {
    toast(told(error).message);
  }
}
