// The sound of one seed: seen, heard, and a passage of it chosen.

import { html, useEffect, useState } from "../html.js";
import { address, call } from "../api.js";
import { t } from "../i18n.js";
import { play, playable, seek, usePlaying, usePosition } from "../player.js";
import { useSession } from "../session.js";
import { clock, secondsOf } from "../words.js";
import { useAnswer } from "../ui/answer.js";
import { Button } from "../ui/button.js";
import { PlayButton } from "../ui/play-button.js";
import { Problem, Skeletons } from "../ui/problem.js";
import { nameOfSound } from "./seeds.js";
import { around, fitted } from "./selection.js";
import { Waveform } from "./waveform.js";

/** Parameters: seed (a track, a passage or a clip), known (the Track or the clip), onChange(seed). */
export function Sound({ seed, known, onChange }) {
  const place = seed.kind === "clip" ? `clips/${seed.id}` : `tracks/${encodeURIComponent(seed.id)}`;
  // Another sound begins anew: the waveform of the one before is not its own.
  return html`<${OfPlace} key=${place} ...${{ seed, known, place, onChange }} />`;
}

function OfPlace({ place, ...rest }) {
  const { value, error, reload } = useAnswer((signal) => call(`${place}/waveform`, { signal }), []);
  if (error) return html`<${Problem} error=${error} onRetry=${reload} />`;
  if (!value) return html`<${Skeletons} count=${1} height="13rem" />`;
  return html`<${Heard} ...${{ ...rest, place, waveform: value }} />`;
}

function Heard({ seed, known, place, waveform, onChange }) {
  const duration = waveform.duration_seconds;
  const selection = seed.start === undefined ? null : fitted(seed, duration);
  const entry = entryOf(seed, known, selection, duration);
  const state = usePlaying(entry.id);
  const { seconds } = usePosition();
  const select = (passage) => onChange(withPassage(seed, passage));
  const hear = (from) => (state ? seek(from) : play([entry], 0, { startSeconds: from }));
  return html`
    <div class="sound">
      <div class="sound-head">
        <${PlayButton} queue=${[entry]} />
        <h3 class="title" dir="auto">${entry.title}</h3>
        <${Times} ...${{ selection, duration, select }} />
        <${Button}
          kind=${selection ? "plain" : ""}
          small
          icon="passage"
          onClick=${() => select(selection ? null : around(state ? seconds : duration / 2, duration))}
        >
          ${t(selection ? "search.whole" : "search.choosePassage")}
        <//>
      </div>
      <${Waveform}
        peaks=${waveform.peaks}
        duration=${duration}
        spectrogram=${address(`${place}/spectrogram`)}
        selection=${selection}
        position=${state ? seconds : null}
        onSelect=${select}
        onSeek=${hear}
      />
      <p class="quiet hint">${t("search.passageHint")}</p>
    </div>
  `;
}

/** Two fields for those who would rather write when the passage begins and ends. */
function Times({ selection, duration, select }) {
  if (!selection) return null;
  return html`
    <span class="passage-times numbers">
      <${Time}
        label=${t("search.start")}
        seconds=${selection.start}
        onTime=${(start) => select(fitted({ start, end: Math.max(selection.end, start) }, duration))}
      />
      –
      <${Time}
        label=${t("search.end")}
        seconds=${selection.end}
        onTime=${(end) => select(fitted({ start: Math.min(selection.start, end), end }, duration))}
      />
    </span>
  `;
}

function Time({ label, seconds, onTime }) {
  const written = clock(seconds, { tenths: true });
  const [text, setText] = useState(written);
  useEffect(() => setText(written), [written]);
  const done = () => {
    const meant = secondsOf(text);
    if (Number.isNaN(meant)) setText(written);
    else if (text !== written) onTime(meant);
  };
  return html`
    <input
      class="field small"
      aria-label=${label}
      inputmode="decimal"
      value=${text}
      onInput=${(event) => setText(event.currentTarget.value)}
      onBlur=${done}
      onKeyDown=${(event) => event.key === "Enter" && done()}
    />
  `;
}

function withPassage(seed, passage) {
  const { start: _start, end: _end, ...whole } = seed;
  if (!passage) return seed.kind === "clip" ? whole : { ...whole, kind: "track" };
  return { ...whole, kind: seed.kind === "clip" ? "clip" : "passage", ...passage };
}

function entryOf(seed, known, selection, duration) {
  const passage = { startSeconds: selection?.start, endSeconds: selection?.end };
  if (seed.kind !== "clip") return playable(known ?? { track_id: seed.id }, passage);
  return {
    id: `clip:${seed.id}`,
    title: nameOfSound(seed, known),
    artist: t("search.yourClip"),
    source: address(`clips/${seed.id}/audio`),
    durationSeconds: duration,
    ...passage,
  };
}

/** Whether a seed has a sound that can be shown: an artist has none, and guests hear no tracks. */
export function useCanShow() {
  const { mayHear } = useSession();
  return (seed) => seed?.kind === "clip" || (mayHear && seed && seed.kind !== "artist");
}
