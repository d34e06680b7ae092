// A table of any length, of which only the rows in sight are drawn.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { IconButton } from "../ui/button.js";
import { Icon } from "../ui/icon.js";
import { artistOf, titleOf } from "../words.js";
import { ORDERS } from "./order.js";

const ROW_PIXELS = 56;
const MARGIN_ROWS = 8;
/** Browsers draw no element that is taller. */
const TALLEST_PIXELS = 16_000_000;

/** How many rows a table can show. */
export const MOST_ROWS = Math.floor(TALLEST_PIXELS / ROW_PIXELS);

/**
 * Parameters: rows (`Rows`), total (as far as it is known), columns, open (id of the track whose details
 * stand beside), selected (Set of ids), onSelect(index, {range}), onOpen(track), onPlay(index) or nothing,
 * at (row to begin with), onRest(row) when scrolling ends, order ({by, falling}), onOrder(name of a column).
 */
export function TrackTable({ rows, total, columns, at, onRest, order, onOrder, ...row }) {
  const scroller = useRef();
  const count = Math.min(total, MOST_ROWS);
  const [first, last] = useWindow(scroller, count, at, onRest);
  const [focused, focus] = useRowFocus(scroller, count);
  useEffect(() => rows.want(first, last), [rows, first, last]);
  const template = {
    gridTemplateColumns: ["2.75rem", "minmax(9rem, 2fr)", ...columns.map(({ width }) => width)].join(" "),
  };
  const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step);
  return html`
    <div
      class="table"
      role="grid"
      aria-label=${t("catalogue.table")}
      aria-rowcount=${count + 1}
      aria-multiselectable="true"
    >
      <div class="head row" role="row" aria-rowindex="1" style=${template}>
        <span role="columnheader"><span class="unseen">${t("catalogue.select")}</span></span>
        ${[{ name: "title" }, ...columns].map(
          ({ name, numeric }) => html`<${Heading} key=${name} ...${{ name, numeric, order, onOrder }} />`,
        )}
      </div>
      <div class="scroller" ref=${scroller} role="rowgroup" onKeyDown=${focus.keyDown}>
        <div class="height" role="presentation" style=${{ height: `${count * ROW_PIXELS}px` }}>
          <div role="presentation" style=${{ transform: `translateY(${first * ROW_PIXELS}px)` }}>
            ${indexes.map(
              (index) => html`
                <${Row}
                  key=${rows.ids[index] ?? index}
                  ...${row}
                  index=${index}
                  track=${rows.track(index)}
                  columns=${columns}
                  template=${template}
                  current=${index === Math.min(Math.max(focused, first), last)}
                  onFocus=${() => focus.set(index)}
                />
              `,
            )}
          </div>
        </div>
      </div>
    </div>
  `;
}

/** Of a column; where the table can be ordered by it, a button. */
function Heading({ name, numeric, order, onOrder }) {
  const text = t(`catalogue.column.${name}`);
  const sorted = order.by === name ? (order.falling ? "descending" : "ascending") : undefined;
  return html`
    <span role="columnheader" class=${numeric ? "numeric" : ""} aria-sort=${sorted}>
      ${ORDERS.includes(name)
        ? html`<button type="button" onClick=${() => onOrder(name)}>
            ${text}<${Icon} name=${sorted ? (order.falling ? "down" : "up") : "orders"} />
          </button>`
        : text}
    </span>
  `;
}

function Row({ index, track, columns, template, current, open, selected, onFocus, ...does }) {
  if (!track || track.gone) {
    return html`
      <div class="row waiting" role="row" aria-rowindex=${index + 2} style=${template}>
        <span role="gridcell" /><span role="gridcell">${track?.gone ? t("catalogue.gone") : html`<i />`}</span>
      </div>
    `;
  }
  const chosen = selected?.has(track.track_id) ?? false;
  const stop = current ? 0 : -1;
  return html`
    <div
      class="row"
      role="row"
      aria-rowindex=${index + 2}
      aria-selected=${selected ? chosen : undefined}
      aria-current=${open === track.track_id ? "true" : undefined}
      tabindex=${stop}
      data-row=${index}
      style=${template}
      onFocus=${onFocus}
      onClick=${() => does.onOpen(track)}
      onKeyDown=${(event) => rowKey(event, index, track, does)}
    >
      <span role="gridcell">
        ${selected &&
        html`<input
          type="checkbox"
          tabindex=${stop}
          checked=${chosen}
          aria-label=${t("catalogue.selectTrack", { title: titleOf(track) })}
          onClick=${(event) => (event.stopPropagation(), does.onSelect(index, { range: event.shiftKey }))}
        />`}
      </span>
      <span role="gridcell" class="named">
        ${does.onPlay &&
        html`<${IconButton}
          label=${t("catalogue.play", { title: titleOf(track) })}
          icon="play"
          size="small"
          tabindex=${stop}
          onClick=${(event) => (event.stopPropagation(), does.onPlay(index))}
        />`}
        <span class="names">
          <span class="title">${titleOf(track)}</span>
          <span class="artist">${artistOf(track)}</span>
        </span>
      </span>
      ${columns.map(
        ({ text, numeric, name }) => html`
          <span role="gridcell" class=${numeric ? "cell numeric" : "cell"} data-column=${name}>
            ${text(track) || ""}
          </span>
        `,
      )}
    </div>
  `;
}

function rowKey(event, index, track, does) {
  if (event.target !== event.currentTarget) return;
  if (event.key === "Enter") does.onOpen(track);
  else if (event.key === " " && does.onSelect) does.onSelect(index, { range: event.shiftKey });
  else return;
  event.preventDefault();
}

/** First and last row to draw: those in sight, and some more on either side. */
function useWindow(scroller, count, at, onRest) {
  const [top, setTop] = useState(at * ROW_PIXELS);
  const [height, setHeight] = useState(600);
  const began = useRef(false);
  useLayoutEffect(() => {
    const element = scroller.current;
    const sized = new ResizeObserver(() => setHeight(element.clientHeight));
    sized.observe(element);
    let resting = 0;
    const scrolled = () => {
      setTop(element.scrollTop);
      clearTimeout(resting);
      resting = setTimeout(() => onRest(Math.round(element.scrollTop / ROW_PIXELS)), 400);
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      clearTimeout(resting);
      sized.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [onRest]);
  useLayoutEffect(() => {
    // As soon as there is something to scroll, it stands where the address says.
    if (began.current || !count) return;
    began.current = true;
    scroller.current.scrollTop = at * ROW_PIXELS;
  }, [count]);
  const first = Math.max(0, Math.floor(top / ROW_PIXELS) - MARGIN_ROWS);
  const last = Math.min(count - 1, Math.ceil((top + height) / ROW_PIXELS) + MARGIN_ROWS);
  return [Math.min(first, Math.max(0, count - 1)), last];
}

/** The row that has the focus, moved by keys; it stays when its row is scrolled out of sight. */
function useRowFocus(scroller, count) {
  const [focused, set] = useState(0);
  const moved = useRef(false);
  useLayoutEffect(() => {
    if (!moved.current) return;
    const element = scroller.current.querySelector(`[data-row="${focused}"]`);
    if (!element) return;
    moved.current = false;
    element.focus({ preventScroll: true });
  });
  const keyDown = (event) => {
    const page = Math.max(1, Math.floor(scroller.current.clientHeight / ROW_PIXELS) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -count, End: count };
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(count - 1, focused + steps[event.key]));
    moved.current = true;
    set(next);
    show(scroller.current, next);
  };
  return [focused, { set, keyDown }];
}

function show(element, index) {
  const top = index * ROW_PIXELS;
  if (top < element.scrollTop) element.scrollTop = top;
  const bottom = top + ROW_PIXELS - element.clientHeight;
  if (bottom > element.scrollTop) element.scrollTop = bottom;
}
