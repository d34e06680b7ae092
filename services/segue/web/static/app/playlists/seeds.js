// What a playlist is to sound like: tracks, artists and saved playlists, for and against.

import { html, useId, useState } from "../html.js";
import { t } from "../i18n.js";
import { remember, useKnown } from "../search/known.js";
import { useSession } from "../session.js";
import { useAnswer } from "../ui/answer.js";
import { Chip } from "../ui/chip.js";
import { TrackPicker } from "../ui/track-picker.js";
import { fullTitle } from "../words.js";
import { writeSeed } from "./address.js";
import { listSaved } from "./store.js";

/** Parameters: plan, onChange(changes of parameters). */
export function Seeds({ plan, onChange }) {
  const { seeds } = plan;
  const { mayHear } = useSession();
  const known = useKnown(seeds.filter(({ kind }) => kind === "track"));
  const saved = useAnswer((signal) => (mayHear ? listSaved(signal) : []), [mayHear]).value ?? [];
  const put = (next) =>
    onChange({
      for: next.filter(({ against }) => !against).map(writeSeed),
      against: next.filter(({ against }) => against).map(writeSeed),
    });
  const add = (seed) => put([...seeds.filter((one) => writeSeed(one) !== writeSeed(seed)), seed]);
  const addTrack = (track) => {
    remember([track]);
    add({ kind: "track", id: track.track_id, against: false });
  };
  return html`
    <h2>${t("playlists.seeds")}</h2>
    ${seeds.length > 0 &&
    html`<ul class="chips">
      ${seeds.map(
        (seed) => html`
          <li key=${writeSeed(seed)}>
            <${SeedChip}
              seed=${seed}
              text=${nameOf(seed, known, saved)}
              onTurn=${() => put(seeds.map((one) => (one === seed ? { ...seed, against: !seed.against } : one)))}
              onRemove=${() => put(seeds.filter((one) => one !== seed))}
            />
          </li>
        `,
      )}
    </ul>`}
    <${TrackPicker} label=${t("playlists.addTrack")} onPick=${addTrack} />
    <div class="others">
      <${Artist} onAdd=${(id) => add({ kind: "artist", id, against: false })} />
      ${saved.length > 0 &&
      html`<${Playlists} saved=${saved} onAdd=${(id) => add({ kind: "playlist", id, against: false })} />`}
    </div>
    ${seeds.filter(({ against }) => !against).length > 1 &&
    html`<label class="check">
      <input
        type="checkbox"
        checked=${plan.any}
        onChange=${(event) => onChange({ blend: event.currentTarget.checked ? "any" : null })}
      />
      ${t("playlists.any")}
    </label>`}
  `;
}

function SeedChip({ seed, text, onTurn, onRemove }) {
  const turn = t(seed.against ? "search.turnFor" : "search.turnAgainst", { what: text });
  return html`
    <${Chip} kind=${seed.against ? "against" : "for"} text=${text} onRemove=${onRemove}>
      <button class="sign" type="button" aria-label=${turn} title=${turn} onClick=${onTurn}>
        ${seed.against ? "−" : "+"}
      </button>
    <//>
  `;
}

function nameOf(seed, known, saved) {
  const { kind, id } = seed;
  if (kind === "artist") return id;
  if (kind === "playlist") return saved.find((one) => one.playlist_id === id)?.name ?? id;
  const track = known.of(seed);
  return track ? fullTitle(track) : id;
}

function Artist({ onAdd }) {
  const [text, setText] = useState("");
  const add = (event) => {
    event.preventDefault();
    if (text.trim()) onAdd(text.trim());
    setText("");
  };
  return html`
    <form onSubmit=${add}>
      <input
        class="field small"
        aria-label=${t("playlists.addArtist")}
        placeholder=${t("playlists.addArtist")}
        value=${text}
        onInput=${(event) => setText(event.currentTarget.value)}
      />
    </form>
  `;
}

function Playlists({ saved, onAdd }) {
  const id = useId();
  const add = (event) => {
    if (event.currentTarget.value) onAdd(event.currentTarget.value);
    event.currentTarget.value = "";
  };
  return html`
    <label class="unseen" for=${id}>${t("playlists.addPlaylist")}</label>
    <select id=${id} class="field small" onChange=${add}>
      <option value="">${t("playlists.addPlaylist")}</option>
      ${saved.map(({ playlist_id: one, name }) => html`<option key=${one} value=${one}>${name}</option>`)}
    </select>
  `;
}
