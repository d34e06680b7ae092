// Music that comes in: dropped or picked, sent, followed, and what went wrong on the way.

import { html, useEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { useSession } from "../session.js";
import { Button } from "../ui/button.js";
import { useDrops } from "../ui/drops.js";
import { Icon } from "../ui/icon.js";
import { NotAllowed } from "../ui/not-allowed.js";
import { Problem } from "../ui/problem.js";
import { filesOf, maybeAudio } from "./dropping.js";
import { Entry } from "./entry.js";
import { currentTransfer, ended } from "./transfer.js";

const DRAWN_AT_ONCE = 200;

/** Parameters: those of the address; `job` names one that is followed. */
export function Adding({ parameters }) {
  const { isOwner, known } = useSession();
  const [error, setError] = useState(null);
  const [left, setLeft] = useState(0);
  const transfer = useTransfer();
  const job = parameters.get("job");
  useEffect(() => {
    if (job) transfer.follow(job);
  }, [job]);
  const take = (files) => {
    const audio = files.filter(maybeAudio);
    setLeft(files.length - audio.length);
    transfer.add(audio);
  };
  const cancel = () => transfer.cancel().catch(setError);
  if (known && !isOwner) {
    return html`<${NotAllowed} icon="upload" title=${t("catalogue.ownerAdds")} />`;
  }
  return html`
    <${DropZone} onFiles=${take} onError=${setError} />
    ${left > 0 && html`<p class="quiet" role="status">${t("catalogue.leftOut", { count: left })}</p>`}
    ${error && html`<${Problem} error=${error} onRetry=${() => (setError(null), cancel())} />`}
    ${transfer.stalled && html`<p class="notice" role="alert">${t("catalogue.noWorker")}</p>`}
    ${transfer.entries.length > 0 && html`<${Progress} transfer=${transfer} onCancel=${cancel} />`}
  `;
}

/** The transfer, drawn anew at every change of it, at most once for each frame of the screen. */
function useTransfer() {
  const [, draw] = useState();
  const transfer = currentTransfer();
  useEffect(() => {
    let frame = 0;
    const end = transfer.subscribe(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => draw({}));
    });
    return () => (cancelAnimationFrame(frame), end());
  }, [transfer]);
  return transfer;
}

function DropZone({ onFiles, onError }) {
  const files = useRef();
  const folder = useRef();
  const over = useDrops((dropped) => filesOf(dropped).then(onFiles, onError));
  const picked = (event) => {
    onFiles([...event.currentTarget.files]);
    event.currentTarget.value = "";
  };
  return html`
    <div class="drop" data-over=${over ? "" : undefined}>
      <${Icon} name="upload" />
      <p>${t("catalogue.drop")}</p>
      <div class="actions">
        <${Button} kind="strong" onClick=${() => files.current.click()}>${t("catalogue.pickFiles")}<//>
        <${Button} onClick=${() => folder.current.click()}>${t("catalogue.pickFolder")}<//>
      </div>
      <input ref=${files} type="file" multiple hidden onChange=${picked} data-pick="files" />
      <input ref=${folder} type="file" webkitdirectory hidden onChange=${picked} data-pick="folder" />
    </div>
  `;
}

function Progress({ transfer, onCancel }) {
  const { entries } = transfer;
  const done = entries.filter(ended).length;
  const failed = entries.filter(({ state }) => state === "dead" || state === "failed");
  // What failed comes first: of ten thousand files it is what the reader looks for.
  const order = [...failed, ...entries.filter((one) => !failed.includes(one) && !ended(one))];
  order.push(...entries.filter((one) => !failed.includes(one) && ended(one)).reverse());
  return html`
    <section class="progress" aria-label=${t("catalogue.progress")}>
      <header>
        <p role="status" aria-live="polite">
          ${t("catalogue.done", { done, count: entries.length })}
          ${failed.length > 0 && html` · <strong class="bad">${t("catalogue.failed", { count: failed.length })}</strong>`}
        </p>
        <progress max=${entries.length} value=${done} aria-label=${t("catalogue.progress")} />
        ${transfer.active
          ? html`<${Button} small icon="stop" onClick=${onCancel}>${t("catalogue.cancel")}<//>`
          : html`<${Button} small kind="plain" onClick=${() => transfer.clear()}>
              ${t("catalogue.clear")}
            <//>`}
      </header>
      <ul class="entries">
        ${order.slice(0, DRAWN_AT_ONCE).map((entry) => html`<${Entry} key=${entry.key} ...${{ entry, transfer }} />`)}
      </ul>
      ${order.length > DRAWN_AT_ONCE &&
      html`<p class="quiet">${t("catalogue.andMore", { count: order.length - DRAWN_AT_ONCE })}</p>`}
    </section>
  `;
}
