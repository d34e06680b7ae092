// The tracks of a playlist in their order, which is changed by hand or by keyboard.

import { html, useLayoutEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { playable } from "../player.js";
import { titleOf } from "../words.js";
import { keysOf, moved, placeByKey } from "./order.js";
import { Row } from "./row.js";

/**
 * Parameters: entries (PlaylistTrack), crossfadeSeconds, onOrder(ids).
 */
export function List({ entries, crossfadeSeconds, onOrder }) {
  const ids = entries.map(({ track }) => track.track_id);
  const keys = keysOf(ids);
  const list = useRef();
  const [said, say] = useState("");
  const [held, hold] = useState(null);
  const focus = useFocus(list);
  const move = (from, to) => {
    const next = moved(ids, from, to);
    const title = titleOf(entries[from].track);
    say(t("playlists.moved", { title, place: to + 1, count: ids.length }));
    focus(keysOf(next)[to]);
    onOrder(next);
  };
  const remove = (index) => {
    say(t("playlists.removed", { title: titleOf(entries[index].track) }));
    focus(keys[index + 1] ?? keys[index - 1]);
    hold(null);
    onOrder(ids.filter((_, at) => at !== index));
  };
  // A click takes an entry up, and the next one puts it down: for those who cannot drag.
  const grip = (index) => {
    const from = held === null ? -1 : keys.indexOf(held);
    if (from < 0) {
      say(t("playlists.takenUp", { title: titleOf(entries[index].track) }));
      hold(keys[index]);
    } else {
      hold(null);
      if (from !== index) move(from, index);
      else say(t("playlists.putDown"));
    }
  };
  const gripKey = (event, index) => {
    if (event.key === "Escape" && held !== null) return hold(null);
    const place = placeByKey(event.key, index, ids.length);
    if (!(event.key in MOVES)) return undefined;
    event.preventDefault();
    return place === null ? undefined : move(index, place);
  };
  const drag = useDrag(list, move);
  const queue = entries.map(({ track }) => playable(track));
  return html`
    <ol class="tracks" ref=${list} data-held=${held === null ? undefined : ""}>
      ${entries.map(
        (entry, index) => html`
          <${Row}
            key=${keys[index]}
            rowKey=${keys[index]}
            entry=${entry}
            index=${index}
            queue=${queue}
            crossfadeSeconds=${crossfadeSeconds}
            held=${held === keys[index]}
            shift=${drag.shiftOf(index)}
            onGrip=${() => !drag.justEnded() && grip(index)}
            onGripKey=${(event) => gripKey(event, index)}
            onGripDown=${(event) => drag.begin(event, index)}
            onRemove=${() => remove(index)}
          />
        `,
      )}
    </ol>
    <p id="playlists-how" class="unseen">${t("playlists.howToMove")}</p>
    <p class="unseen" role="status" aria-live="assertive" data-said>${said}</p>
  `;
}

const MOVES = { ArrowUp: 1, ArrowDown: 1, Home: 1, End: 1 };

/** Gives the focus to the grip of a row once it stands where it was moved to. */
function useFocus(list) {
  const wanted = useRef(null);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    const row = [...list.current.children].find((one) => one.dataset.key === wanted.current);
    wanted.current = null;
    row?.querySelector(".grip").focus();
  });
  return (key) => (wanted.current = key ?? null);
}

/** Dragging by mouse, pen and touch: rows make way while one is moved over them. */
function useDrag(list, move) {
  const [state, setState] = useState(null);
  const now = useRef(null);
  const ended = useRef(0);
  const set = (value) => setState((now.current = value));
  const begin = (event, from) => {
    if (event.button !== 0) return;
    const grip = event.currentTarget;
    const rows = [...list.current.children].map((row) => row.getBoundingClientRect());
    const start = event.clientY + window.scrollY;
    const follow = (moving) => {
      const by = moving.clientY + window.scrollY - start;
      if (!now.current && Math.abs(by) < 4) return;
      const middle = rows[from].top + rows[from].height / 2 + by;
      const over = rows.findIndex(({ bottom }) => middle < bottom);
      set({ from, by, to: over < 0 ? rows.length - 1 : over, height: rows[from].height });
      scrollAtEdge(moving.clientY);
    };
    const stop = (event) => {
      grip.removeEventListener("pointermove", follow);
      grip.removeEventListener("pointerup", stop);
      grip.removeEventListener("pointercancel", stop);
      const done = now.current;
      set(null);
      if (!done) return;
      ended.current = performance.now();
      if (event.type === "pointerup" && done.to !== done.from) move(done.from, done.to);
    };
    grip.setPointerCapture(event.pointerId);
    grip.addEventListener("pointermove", follow);
    grip.addEventListener("pointerup", stop);
    grip.addEventListener("pointercancel", stop);
  };
  return {
    begin,
    /** The click that ends a drag is none of its own. */
    justEnded: () => performance.now() - ended.current < 300,
    shiftOf(index) {
      if (!state) return null;
      const { from, to, by, height } = state;
      if (index === from) return { by, dragged: true };
      if (index > from && index <= to) return { by: -height };
      return index < from && index >= to ? { by: height } : { by: 0 };
    },
  };
}

const EDGE_PIXELS = 70;

function scrollAtEdge(y) {
  if (y < EDGE_PIXELS) window.scrollBy(0, -12);
  else if (y > window.innerHeight - EDGE_PIXELS) window.scrollBy(0, 12);
}
