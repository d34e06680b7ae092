// The parts of the stack and how each is.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { Icon } from "../ui/icon.js";
import { partsOf, span, seconds, stateOf } from "./figures.js";

/** Parameters: status (GetStatusResponse). */
export function Parts({ status }) {
  return html`
    <section aria-label=${t("operations.parts")}>
      <ul class="parts-of-stack">
        ${partsOf(status).map((one) => html`<${Part} key=${one.name} ...${one} />`)}
      </ul>
    </section>
  `;
}

function Part({ name, part, facts }) {
  const state = stateOf(part);
  return html`
    <li class="panel" data-state=${state} data-part=${name}>
      <h2>${t(`operations.part.${name}`)}</h2>
      <p class="state"><i aria-hidden="true" />${t(`operations.state.${state}`)}</p>
      ${part?.message &&
      html`<div class="failure">
        <strong><${Icon} name="warning" /> ${part.message}</strong>
        ${part.next_step && html`<p>${part.next_step}</p>`} ${part.reason && html`<code>${part.reason}</code>`}
      </div>`}
      <dl>
        ${facts.map(
          ([fact, value]) => html`
            <div key=${fact}>
              <dt>${t(`operations.fact.${fact}`)}</dt>
              <dd class="numbers">${value}</dd>
            </div>
          `,
        )}
      </dl>
    </li>
  `;
}

/** Parameters: workers (WorkerStatus of those that live); on which hosts they are, only the owner is told. */
export function Workers({ workers }) {
  if (!workers.length) return null;
  const named = workers.some(({ host }) => host);
  const columns = [...(named ? ["host", "pid"] : []), "concurrency", "version", "silence"];
  return html`
    <section class="workers">
      <h2 id="operations-workers">${t("operations.workers")}</h2>
      <table class="numbers" aria-labelledby="operations-workers">
        <thead>
          <tr>
            ${columns.map((name) => html`<th key=${name} scope="col">${t(`operations.worker.${name}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${workers.map(
            ({ host, pid, concurrency, version, silence }, index) => html`
              <tr key=${named ? `${host} ${pid}` : index}>
                ${named && html`<td>${host}</td><td>${pid}</td>`}
                <td>${concurrency}</td>
                <td>${version}</td>
                <td>${t("operations.ago", { span: span(seconds(silence)) })}</td>
              </tr>
            `,
          )}
        </tbody>
      </table>
    </section>
  `;
}
