// Finds tracks by their words: a combobox (WAI-ARIA) over tracks:search.

import { html, useEffect, useId, useState } from "../html.js";
import { call } from "../api.js";
import { t } from "../i18n.js";
import { artistOf, clock, titleOf } from "../words.js";
import { Cover } from "./cover.js";
import { told } from "./problem.js";

const WAIT_MILLISECONDS = 150;
const SHOWN = 8;

/**
 * Parameters: label, placeholder, onPick(track); `keep` leaves the words there after a pick.
 */
export function TrackPicker({ label, placeholder = label, onPick, keep = false }) {
  const id = useId();
  const [words, setWords] = useState("");
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  const [meant, setMeant] = useState(false);
  const { tracks, error, of } = useFound(words);
  useEffect(() => setActive(0), [tracks]);
  const pick = (track) => {
    if (!track) return;
    setOpen(false);
    if (!keep) setWords("");
    onPick(track);
  };
  // Whoever is quicker than the answer means the first of what they wrote, and not what was offered before.
  const behind = of !== words.trim();
  useEffect(() => {
    if (!meant || behind) return;
    setMeant(false);
    pick(tracks[0]);
  }, [meant, behind]);
  const keys = {
    ArrowDown: () => (open ? setActive(Math.min(active + 1, tracks.length - 1)) : setOpen(true)),
    ArrowUp: () => setActive(Math.max(active - 1, 0)),
    Enter: () => open && (behind ? setMeant(true) : pick(tracks[active])),
    Escape: () => setOpen(false),
  };
  const onKeyDown = (event) => {
    if (!(event.key in keys) || event.isComposing) return;
    if (event.key !== "Escape" || open) event.preventDefault();
    keys[event.key]();
  };
  const shown = open && words.trim() !== "";
  return html`
    <div class="picker">
      <label class="unseen" for=${id}>${label}</label>
      <input
        id=${id}
        class="field"
        type="search"
        role="combobox"
        autocomplete="off"
        placeholder=${placeholder}
        value=${words}
        aria-expanded=${shown ? "true" : "false"}
        aria-controls=${`${id}-options`}
        aria-autocomplete="list"
        aria-activedescendant=${shown && tracks[active] ? `${id}-${active}` : undefined}
        onInput=${(event) => (setWords(event.currentTarget.value), setOpen(true), setMeant(false))}
        onFocus=${() => setOpen(true)}
        onBlur=${() => (setOpen(false), setMeant(false))}
        onKeyDown=${onKeyDown}
      />
      <ul id=${`${id}-options`} class="options" role="listbox" aria-label=${label} hidden=${!shown}>
        ${shown &&
        tracks.map(
          (track, index) => html`
            <li
              key=${track.track_id}
              id=${`${id}-${index}`}
              role="option"
              aria-selected=${index === active ? "true" : "false"}
              onMouseDown=${(event) => (event.preventDefault(), pick(track))}
              onMouseMove=${() => setActive(index)}
            >
              <${Cover} track=${track} />
              <span>
                <span class="title" dir="auto">${titleOf(track)}</span>
                <span class="artist" dir="auto">${artistOf(track)}</span>
              </span>
              <span class="quiet numbers">${clock(track.duration_seconds ?? 0)}</span>
            </li>
          `,
        )}
      </ul>
      <p class="unseen" role="status">
        ${shown && (error ? told(error).message : t("ui.found", { count: tracks.length }))}
      </p>
      ${shown && !tracks.length && html`<${Nothing} error=${error} />`}
    </div>
  `;
}

function Nothing({ error }) {
  return html`
    <div class="options"><span class="none">${error ? told(error).message : t("ui.nothingFound")}</span></div>
  `;
}

/**
 * {tracks that have these words, error, of (which words they have)}, a moment after the last letter; the list before
 * stays till then.
 */
function useFound(words) {
  const [found, setFound] = useState({ of: "", tracks: [], error: null });
  const query = words.trim();
  useEffect(() => {
    if (query === found.of) return undefined;
    const control = new AbortController();
    const timer = setTimeout(async () => {
      if (!query) return setFound({ of: query, tracks: [], error: null });
      const json = { query, page_size: SHOWN };
      return call("tracks:search", { json, signal: control.signal }).then(
        ({ tracks = [] }) => setFound({ of: query, tracks, error: null }),
        (error) => control.signal.aborted || setFound({ of: query, tracks: [], error }),
      );
    }, WAIT_MILLISECONDS);
    return () => (clearTimeout(timer), control.abort());
  }, [query]);
  return found;
}
