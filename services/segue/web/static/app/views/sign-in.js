// Signing in: by the link that `segue page` makes, by name and password, or by a token or API key.

import { call } from "../api.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { go, rewrite, to } from "../route.js";
import { renewSession } from "../session.js";
import { Button } from "../ui/button.js";
import { Problem } from "../ui/problem.js";

export function View({ parameters }) {
  const code = parameters.get("code");
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(Boolean(code));
  const tried = useRef(false);

  async function signIn(shown) {
    setBusy(true);
    setFailure(null);
    try {
      await call("session", { json: shown });
      await renewSession();
      go(to("search"), { replace: true });
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  }

  useEffect(() => {
    // A link holds once: drawn again, it must not be tried again.
    if (!code || tried.current) return;
    tried.current = true;
    rewrite(to("sign-in"));
    signIn({ code });
  }, []);

  return html`
    <section class="sign-in">
      <h1>${t("signIn.headline")}</h1>
      ${failure && html`<${Problem} error=${failure} />`}
      <p class="quiet">${t("signIn.link")} <code>segue page</code></p>
      <${ByPassword} busy=${busy} onShow=${signIn} />
      <details>
        <summary>${t("signIn.byToken")}</summary>
        <${ByToken} busy=${busy} onShow=${signIn} />
      </details>
    </section>
  `;
}

function ByPassword({ busy, onShow }) {
  return html`
    <form class="stacked" onSubmit=${(event) => onShow(fields(event))}>
      <${Field} name="name" label=${t("signIn.name")} autocomplete="username" />
      <${Field}
        name="password"
        label=${t("signIn.password")}
        type="password"
        autocomplete="current-password"
      />
      <${Button} kind="strong" type="submit" disabled=${busy}>${t("signIn.do")}<//>
    </form>
  `;
}

function ByToken({ busy, onShow }) {
  return html`
    <form class="stacked" onSubmit=${(event) => onShow(fields(event))}>
      <${Field} name="token" label=${t("signIn.token")} type="password" autocomplete="off" />
      <${Button} type="submit" disabled=${busy}>${t("signIn.do")}<//>
    </form>
  `;
}

function Field({ name, label, type = "text", autocomplete }) {
  return html`
    <label class="labelled">
      <span>${label}</span>
      <input
        class="field"
        name=${name}
        type=${type}
        autocomplete=${autocomplete}
        autocapitalize="none"
        spellcheck="false"
        maxlength="1024"
        required
      />
    </label>
  `;
}

function fields(event) {
  event.preventDefault();
  return Object.fromEntries(new FormData(event.currentTarget));
}
