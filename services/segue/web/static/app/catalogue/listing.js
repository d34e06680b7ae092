// All tracks: found by words, narrowed down, looked at, chosen.

import { html, useCallback, useMemo, useState } from "../html.js";
import { t } from "../i18n.js";
import { changed, current, go, to } from "../route.js";
import { useSession } from "../session.js";
import { Empty, Problem } from "../ui/problem.js";
import { play, playable } from "../player.js";
import { COLUMNS, chosenColumns } from "./columns.js";
import { Chosen } from "./chosen.js";
import { Details } from "./details.js";
import { narrowed } from "./filter.js";
import { Narrowing } from "./narrowing.js";
import { nextOrder, readOrder, writeOrder } from "./order.js";
import { useListing } from "./source.js";
import { MOST_ROWS, TrackTable } from "./table.js";

const QUEUE_TRACKS = 200;

/** Parameters: those of the address. */
export function Listing({ parameters }) {
  const { asked, rows, total, complete, renew } = useListing(parameters);
  const [names, setNames] = useState(chosenColumns);
  const [selected, select, setSelected] = useSelection(rows);
  const { isOwner, mayHear } = useSession();
  const columns = useMemo(() => COLUMNS.filter(({ name }) => names.includes(name)), [names]);
  const open = parameters.get("track");
  const order = readOrder(parameters);
  const put = (next) => show({ order: writeOrder(next), row: null });
  const rest = useCallback((row) => show({ row: row || null }), []);
  const deleted = (ids) => {
    rows.remove(ids);
    setSelected(new Set([...selected].filter((id) => !ids.includes(id))));
    if (ids.includes(open)) show({ track: null });
    renew();
  };
  const playFrom = (index) => play(loadedFrom(rows, index), 0);
  return html`
    <${Narrowing}
      parameters=${parameters}
      columns=${names}
      onColumns=${setNames}
      order=${order}
      onOrder=${put}
      onChange=${(changes) => show({ ...changes, row: null })}
    />
    ${rows.error && html`<${Problem} error=${rows.error} onRetry=${() => rows.retry()} />`}
    <div class="split" data-open=${open ? "" : undefined}>
      <div class="listing">
        ${total
          ? html`
              <p class="quiet numbers" role="status">${counted(rows, total, complete)}</p>
              <${TrackTable}
                key=${asked}
                rows=${rows}
                total=${total}
                columns=${columns}
                at=${Number(parameters.get("row")) || 0}
                order=${order}
                onOrder=${(name) => put(nextOrder(order, name))}
                onRest=${rest}
                open=${open}
                selected=${isOwner || mayHear ? selected : undefined}
                onSelect=${select}
                onOpen=${(track) => show({ track: track.track_id })}
                onPlay=${mayHear ? playFrom : undefined}
              />
            `
          : html`<${Nothing} parameters=${parameters} isOwner=${isOwner} />`}
        ${selected.size > 0 &&
        html`<${Chosen}
          ids=${[...selected]}
          isOwner=${isOwner}
          onDeleted=${deleted}
          onClear=${() => setSelected(new Set())}
        />`}
      </div>
      ${open &&
      html`<${Details}
        key=${open}
        trackId=${open}
        onClose=${() => (back(rows, open), show({ track: null }))}
        onChanged=${(track) => rows.replace(track)}
        onDeleted=${() => deleted([open])}
      />`}
    </div>
  `;
}

/** Whoever closes details by keyboard goes on at their row, where that stands there. */
function back(rows, trackId) {
  document.querySelector(`[data-row="${rows.ids.indexOf(trackId)}"]`)?.focus({ preventScroll: true });
}

/** Change the address as it is now: a change that comes late must not undo one that came meanwhile. */
function show(changes) {
  go(changed("catalogue", current().parameters, changes), { replace: true });
}

function Nothing({ parameters, isOwner }) {
  if (narrowed(parameters)) {
    return html`<${Empty} icon="search" title=${t("catalogue.noMatch")}>
      <p>${t("catalogue.noMatchNext")}</p>
      <a class="button" href=${to("catalogue")}>${t("catalogue.showAll")}</a>
    <//>`;
  }
  return html`<${Empty} title=${t("catalogue.empty")}>
    <p>${t(isOwner ? "catalogue.emptyNext" : "catalogue.emptyGuest")}</p>
    ${isOwner &&
    html`<a class="button strong" href=${to("catalogue", { tab: "add" })}>${t("catalogue.tab.add")}</a>`}
  <//>`;
}

function counted(rows, total, complete) {
  if (rows.behind) return t("catalogue.underWay", { done: rows.ids.length, count: total });
  if (!complete) return t("catalogue.countSoFar", { count: rows.ids.length });
  if (total > MOST_ROWS) return t("catalogue.countTooMany", { count: total, most: MOST_ROWS });
  return t("catalogue.count", { count: total });
}

function loadedFrom(rows, index) {
  const queue = [];
  for (let at = index; queue.length < QUEUE_TRACKS; at++) {
    const track = rows.track(at);
    if (!track) break;
    if (!track.gone) queue.push(playable(track));
  }
  return queue;
}

/** The chosen ids; with `range`, all from the one chosen last. */
function useSelection(rows) {
  const [selected, setSelected] = useState(new Set());
  const [last, setLast] = useState(null);
  const select = (index, { range }) => {
    const from = range && last !== null ? Math.min(last, index) : index;
    const upTo = range && last !== null ? Math.max(last, index) : index;
    const ids = rows.ids.slice(from, upTo + 1);
    const next = new Set(selected);
    const add = !selected.has(rows.ids[index]);
    for (const id of ids) add ? next.add(id) : next.delete(id);
    setLast(index);
    setSelected(next);
  };
  return [selected, select, setSelected];
}
