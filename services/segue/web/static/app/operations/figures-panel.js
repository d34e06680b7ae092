// How fast it goes, and how that went since the page was opened.

import { html } from "../html.js";
import { number, t } from "../i18n.js";
import { count, milliseconds } from "./figures.js";
import { isReachable } from "./reachable.js";
import { Sparkline } from "./sparkline.js";

/** Parameters: figures (null: not known), history (samples since the page was opened), isOwner. */
export function Figures({ figures, history, isOwner }) {
  const last = history.at(-1) ?? {};
  return html`
    <section class="figures" aria-label=${t("operations.figures")}>
      <${Figure} name="depth" value=${count(last.depth)} history=${history} />
      ${figures &&
      html`
        <${Figure} name="ingest" value=${rate("perMinute", last.ingest)} history=${history}>
          ${figures.failed_per_minute > 0 &&
          html`<p class="bad">${t("operations.failing", { value: rounded(figures.failed_per_minute) })}</p>`}
        <//>
        <${Figure} name="calls" value=${rate("perSecond", last.calls)} history=${history} />
      `}
    </section>
    ${figures
      ? html`<${Latency} latency=${figures.latency} /><${Metrics} metrics=${figures.metrics} />`
      : html`<p class="quiet">${t(isOwner ? "operations.noFigures" : "operations.ownersFigures")}</p>`}
  `;
}

/** What of an answer is kept to be drawn: numbers by the names of their figures. */
export function sampleOf({ status, figures }) {
  return {
    depth: status.queue?.depth === undefined ? undefined : Number(status.queue.depth),
    ingest: figures?.tracks_per_minute ?? undefined,
    calls: figures?.calls_per_second ?? undefined,
  };
}

function Figure({ name, value, history, children }) {
  const what = t(`operations.figure.${name}`);
  return html`
    <div class="panel" data-figure=${name}>
      <h2>${what}</h2>
      <p class="value numbers">${value}</p>
      <${Sparkline} values=${history.map((one) => one[name])} label=${t("operations.went", { what })} />
      ${children}
    </div>
  `;
}

function Latency({ latency }) {
  if (!latency.length) return null;
  const shares = [50, 95, 99];
  return html`
    <section class="workers">
      <h2 id="operations-latency">${t("operations.figure.latency")}</h2>
      <table class="numbers" aria-labelledby="operations-latency">
        <thead>
          <tr>
            <th scope="col">${t("operations.method")}</th>
            <th scope="col">${t("operations.figure.calls")}</th>
            ${shares.map((share) => html`<th key=${share} scope="col">${t("operations.percentile", { share })}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${latency.map(
            (one) => html`
              <tr key=${one.method}>
                <th scope="row">${one.method}</th>
                <td>${count(one.calls)}</td>
                ${shares.map((share) => html`<td key=${share}>${milliseconds(one[`p${share}_seconds`])}</td>`)}
              </tr>
            `,
          )}
        </tbody>
      </table>
    </section>
  `;
}

/** Where the numbers come from. */
function Metrics({ metrics }) {
  return html`
    <section class="metrics">
      <h2>${t("operations.metrics")}</h2>
      <p class="quiet">${t("operations.metricsNext")}</p>
      <ul>
        ${metrics.map(
          ({ url, answers }) => html`
            <li key=${url} data-state=${answers ? "serving" : "down"}>
              <p class="state">
                <i aria-hidden="true" />
                ${isReachable(url, location.hostname)
                  ? html`<a href=${url} target="_blank" rel="noopener noreferrer">${url}</a>`
                  : html`<span>${url}</span>`}
                ${!answers && html`<span class="bad">${t("operations.noAnswer")}</span>`}
              </p>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

function rate(name, value) {
  return value === undefined ? "–" : t(`operations.${name}`, { value: rounded(value) });
}

function rounded(value) {
  return number(value, { maximumFractionDigits: value < 10 ? 1 : 0 });
}
