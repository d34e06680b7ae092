// The listening test: what is rated next, blindly, for whoever may hear.

import { call } from "../api.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { close } from "../player.js";
import { to } from "../route.js";
import { renewSession, useSession } from "../session.js";
import { Trial } from "../listening-test/trial.js";
import { useAnswer } from "../ui/answer.js";
import { Button } from "../ui/button.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";

export function View() {
  const { mayHear, known } = useSession();
  return html`
    <div class="listening">
      <header>
        <h1>${t("app.listening")}</h1>
        <p class="quiet">${t("listening.about")}</p>
      </header>
      ${known && (mayHear ? html`<${Test} />` : html`<${ForAccounts} />`)}
    </div>
  `;
}

function Test() {
  const { value, error, reload } = useAnswer(next, []);
  const [paused, setPaused] = useState(false);
  const [begun, setBegun] = useState(false);
  // What is heard here belongs to the trial: elsewhere nobody could tell what plays.
  useEffect(() => close, []);
  const pause = () => {
    close();
    setBegun(false);
    setPaused(true);
  };
  const goOnWithNext = () => {
    close();
    setBegun(true);
    reload();
  };
  const goOn = () => {
    setBegun(true);
    setPaused(false);
  };
  if (error?.reason === "LISTENING_TEST_DONE") return html`<${Done} />`;
  if (value === null || error?.reason === "LISTENING_PLAN_MISSING") return html`<${NoPlan} />`;
  if (error) return html`<${Problem} error=${error} onRetry=${reload} />`;
  if (!value) return html`<${Skeletons} count=${4} height="6rem" />`;
  return html`
    <${Progress} progress=${value.progress} />
    ${paused && html`<${Paused} onGoOn=${goOn} />`}
    <div hidden=${paused}>
      <${Trial} key=${value.trial} trial=${value} focused=${begun} onDone=${goOnWithNext} onPause=${pause} />
    </div>
  `;
}

/** The trial that is rated next; null where no test is planned, which is known without asking for a trial. */
async function next(signal) {
  const { listening_test: planned } = await renewSession();
  return planned ? call("listening-test/next", { signal }) : null;
}

function Progress({ progress: { rated, skipped, trials } }) {
  const done = rated + skipped;
  return html`
    <div class="course">
      <progress max=${trials} value=${done} aria-label=${t("listening.progress")} />
      <p class="quiet numbers" role="status">${t("listening.at", { done, trials })}</p>
    </div>
  `;
}

function Paused({ onGoOn }) {
  const element = useRef();
  // With the control that led here the focus went, too: no key must meet the page without one.
  useLayoutEffect(() => element.current.querySelector("button").focus(), []);
  return html`
    <div ref=${element}>
      <${Empty} icon="pause" title=${t("listening.paused")}>
        <p>${t("listening.pausedNext")}</p>
        <${Button} kind="strong" onClick=${onGoOn}>${t("listening.goOn")}<//>
      <//>
    </div>
  `;
}

function Done() {
  return html`
    <div role="status">
      <${Empty} title=${t("listening.done")}><p>${t("listening.doneNext")}</p><//>
    </div>
  `;
}

function NoPlan() {
  const { isOwner } = useSession();
  return html`
    <${Empty} title=${t("listening.none")}>
      ${isOwner && html`<p>${t("listening.noneNext")} <code>segue listening plan --help</code></p>`}
    <//>
  `;
}

function ForAccounts() {
  return html`
    <${Empty} icon="person" title=${t("listening.forAccounts")}>
      <a class="button strong" href=${to("sign-in")}>${t("ui.signIn")}</a>
    <//>
  `;
}
