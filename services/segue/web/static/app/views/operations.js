// Operations: how each part is, what waits, how fast it goes, what failed.

import { call } from "../api.js";
import { html } from "../html.js";
import { t } from "../i18n.js";
import { useSession } from "../session.js";
import { Problem, Skeletons } from "../ui/problem.js";
import { Failures } from "../catalogue/failures.js";
import { Figures, sampleOf } from "../operations/figures-panel.js";
import { partsOf, span, stateOf } from "../operations/figures.js";
import { Parts, Workers } from "../operations/parts.js";
import { usePolled } from "../operations/polling.js";

const EVERY_SECONDS = 3;
/** From here on what is shown is told to be old. */
const OLD_SECONDS = 12;

export function View() {
  const { value, error, age, at, history } = usePolled((signal) => call("operations", { signal }), {
    everySeconds: EVERY_SECONDS,
    sample: sampleOf,
  });
  const { isOwner } = useSession();
  return html`
    <div class="operations">
      <h1>${t("app.operations")}</h1>
      ${!value && (error ? html`<${Problem} error=${error} />` : html`<${Skeletons} />`)}
      ${value &&
      html`
        <${Summary} status=${value.status} age=${age} old=${age > OLD_SECONDS} />
        <${Parts} status=${value.status} />
        <${Figures} figures=${value.figures} history=${history} isOwner=${isOwner} />
        <${Workers} workers=${value.status.workers?.alive ?? []} />
        ${isOwner &&
        html`<section class="failed">
          <h2>${t("operations.failures")}</h2>
          <${Failures} counted=${countedOf(value.status, at)} />
        </section>`}
      `}
    </div>
  `;
}

function Summary({ status, age, old }) {
  const down = partsOf(status).filter(({ part }) => ["down", "unknown"].includes(stateOf(part)));
  const words = down.length ? t("operations.down", { count: down.length }) : t("operations.healthy");
  return html`
    <div class="summary" data-state=${old ? "unknown" : down.length ? "down" : "serving"}>
      <p class="state" role="status"><i aria-hidden="true" />${old ? t("operations.unknownHealth") : words}</p>
      <p class=${old ? "notice" : "quiet"}>
        ${old
          ? t("operations.old", { age: span(Math.round(age)) })
          : t("operations.asOf", { age: span(Math.round(age)), every: EVERY_SECONDS })}
      </p>
      <p class="quiet">${t("operations.version", { version: status.version })}</p>
    </div>
  `;
}

/** How many tracks failed, as the queue counts them; undefined while it does not answer. */
function countedOf({ queue }, at) {
  return queue?.dead_letters === undefined ? undefined : { total: Number(queue.dead_letters), at };
}
