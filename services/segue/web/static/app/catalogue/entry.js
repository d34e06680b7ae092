// One file on its way: how far it is, or why it failed and what to do.

import { html, useState } from "../html.js";
import { number, t } from "../i18n.js";
import { to } from "../route.js";
import { useAnswer } from "../ui/answer.js";
import { Button } from "../ui/button.js";
import { Problem, told } from "../ui/problem.js";
import { letterOf, replay } from "./letters.js";

/** Parameters: entry, transfer (which it is of). */
export function Entry({ entry, transfer }) {
  const { name, size, sent, state, trackId } = entry;
  const share = size ? sent / size : 0;
  const there = state === "indexed" || state === "skipped";
  return html`
    <li class="entry" data-state=${state}>
      <span class="names">
        ${there
          ? html`<a class="title" href=${to("catalogue", { track: trackId })}>${name}</a>`
          : html`<span class="title">${name}</span>`}
        <span class="artist">${size > 0 && sizeOf(size)}</span>
      </span>
      ${state === "sending" && html`<progress max="1" value=${share} aria-label=${name} />`}
      <span class="state">${t(`catalogue.state.${state}`, { share: number(share, { style: "percent" }) })}</span>
      ${state === "dead" && html`<${Dead} ...${{ entry, transfer }} />`}
      ${(state === "failed" || state === "stopped") && html`<${NotSent} ...${{ entry, transfer }} />`}
      ${(there || state === "retrying") && entry.message && html`<p class="quiet">${entry.message}</p>`}
    </li>
  `;
}

/** Failed in the worker: its dead letter says what to do, and can be put back into the queue. */
function Dead({ entry, transfer }) {
  const [error, setError] = useState(null);
  const { value: letter } = useAnswer((signal) => letterOf(entry, signal), [entry.jobId, entry.trackId]);
  const again = () =>
    replay({ dead_letter_ids: [letter.dead_letter_id] }).then((job) => transfer.follow(job), setError);
  return html`
    <div class="failure">
      <p><strong>${entry.message}</strong></p>
      ${letter?.next_step && html`<p>${letter.next_step}</p>`}
      <code>${entry.reason}</code>
      ${error && html`<${Problem} error=${error} />`}
      ${letter && html`<${Button} small icon="again" onClick=${again}>${t("catalogue.replay")}<//>`}
    </div>
  `;
}

function NotSent({ entry, transfer }) {
  const { message, nextStep } = told(entry);
  return html`
    <div class="failure">
      ${message && html`<p><strong>${message}</strong></p>`}
      ${nextStep && html`<p>${nextStep}</p>`} ${entry.reason && html`<code>${entry.reason}</code>`}
      <${Button} small icon="again" onClick=${() => transfer.again(entry)}>${t("catalogue.sendAgain")}<//>
    </div>
  `;
}

function sizeOf(bytes) {
  const large = bytes >= 1e6;
  const unit = large ? "megabyte" : "kilobyte";
  return number(bytes / (large ? 1e6 : 1e3), { style: "unit", unit, maximumFractionDigits: 1 });
}
