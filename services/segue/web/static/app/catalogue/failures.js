// What failed for good: why, what to do, and once more.

import { html, useEffect, useState } from "../html.js";
import { language, t } from "../i18n.js";
import { go, to } from "../route.js";
import { useSession } from "../session.js";
import { Button } from "../ui/button.js";
import { Dialog } from "../ui/dialog.js";
import { Pager } from "../ui/pager.js";
import { usePages } from "../ui/pages.js";
import { NotAllowed } from "../ui/not-allowed.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { toast } from "../ui/toast.js";
import { FailuresElsewhere } from "./failures-elsewhere.js";
import { dismiss, letters, replay } from "./letters.js";

/**
 * Parameters: onTotal(count), called when it is known; counted ({total, at}), how many they were when
 * somebody else counted them in all catalogues: they are asked for anew where that is not how many stand here, and it
 * is said where the others are.
 */
export function Failures({ onTotal, counted }) {
  const { isOwner, known } = useSession();
  const [refused, setRefused] = useState(null);
  const [asking, setAsking] = useState(null);
  const load = (token, signal) => (isOwner ? letters({ token }, signal) : { items: [], total: 0 });
  const pages = usePages(load, [isOwner], (letter) => letter.dead_letter_id);
  const { first, items, reload } = pages;
  useEffect(() => {
    if (first) onTotal?.(first.total);
  }, [first]);
  // The queue counts those of all catalogues: what differs for long is looked at again and again, and stays.
  useEffect(() => {
    if (counted && first && counted.total !== first.total) reload();
  }, [counted?.at]);
  const { error } = pages;
  const again = (which) =>
    replay(which).then((job) => {
      const where = to("catalogue", { tab: "add", job });
      toast(t("failures.replayed"), job ? { label: t("failures.follow"), run: () => go(where) } : undefined);
      setRefused(null);
      reload();
    }, setRefused);
  const forget = (which) =>
    dismiss(which).then((count) => {
      toast(t("failures.dismissed", { count }));
      setAsking(null);
      setRefused(null);
      reload();
    }, setRefused);
  const close = () => (setAsking(null), setRefused(null));
  if (known && !isOwner) {
    return html`<${NotAllowed} icon="list" title=${t("failures.ownersOnly")} />`;
  }
  if (!first) return error ? html`<${Problem} error=${error} onRetry=${reload} />` : html`<${Skeletons} />`;
  const elsewhere =
    counted?.total > first.total && html`<${FailuresElsewhere} view="operations" counted=${counted.total} />`;
  if (!items.length) {
    return html`
      <${Empty} icon="list" title=${t(elsewhere ? "failures.noneHere" : "failures.none")}>
        ${elsewhere || html`<p>${t("failures.noneNext")}</p>`}
      <//>
    `;
  }
  const failure = refused ?? error;
  return html`
    ${failure && !asking && html`<${Problem} error=${failure} />`}
    <div class="actions">
      <p role="status">${t("failures.total", { count: first.total })}</p>
      <${Button} small icon="again" onClick=${() => again({ all: true })}>${t("failures.replayAll")}<//>
      <${Button} small kind="danger" icon="delete" onClick=${() => setAsking({ all: true })}>
        ${t("failures.dismissAll")}
      <//>
    </div>
    <ul class="letters">
      ${items.map(
        (letter) => html`
          <${Letter}
            key=${letter.dead_letter_id}
            letter=${letter}
            onReplay=${() => again({ dead_letter_ids: [letter.dead_letter_id] })}
            onDismiss=${() => setAsking({ dead_letter_ids: [letter.dead_letter_id] })}
          />
        `,
      )}
    </ul>
    ${elsewhere}
    <${Pager} shown=${items.length} more=${pages.more} loading=${pages.loading} onMore=${pages.loadMore} />
    ${asking &&
    html`<${Dialog} title=${t("failures.dismissAsk")} onClose=${close}>
      <p>${t("failures.dismissMeans")}</p>
      ${refused && html`<${Problem} error=${refused} />`}
      <div class="actions">
        <${Button} kind="plain" onClick=${close}>${t("catalogue.keep")}<//>
        <${Button} kind="danger" onClick=${() => forget(asking)}>${t("failures.dismiss")}<//>
      </div>
    <//>`}
  `;
}

function Letter({ letter, onReplay, onDismiss }) {
  const { item, reason, message, next_step: nextStep, attempts = 0, died_at: died, occurrences = 1 } = letter;
  return html`
    <li class="panel letter">
      <div>
        <p class="title">${nameOf(item)}</p>
        <p><strong>${message}</strong></p>
        ${nextStep && html`<p>${nextStep}</p>`}
        <p class="quiet">
          <code>${reason}</code> · ${t("failures.attempts", { count: attempts })}
          ${occurrences > 1 && html` · ${t("failures.occurrences", { count: occurrences })}`}
          ${died && html` · ${when(died)}`}
        </p>
      </div>
      <div class="actions">
        <${Button} small icon="again" onClick=${onReplay}>
          ${t("failures.replay")}<span class="unseen"> ${nameOf(item)}</span>
        <//>
        <${Button} small kind="plain" icon="delete" onClick=${onDismiss}>
          ${t("failures.dismiss")}<span class="unseen"> ${nameOf(item)}</span>
        <//>
      </div>
    </li>
  `;
}

/** Uploads lie in the spool under the name that their file had, behind a name that is theirs alone. */
const SPOOLED = /^spool:.*?upload-[0-9a-f]{32}-/;

function nameOf(item) {
  const { metadata: { title } = {}, uri = "", track_id: id } = item;
  return title || uri.replace(SPOOLED, "").split("/").at(-1) || id;
}

function when(text) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));
}
