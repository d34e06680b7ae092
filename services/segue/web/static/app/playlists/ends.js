// The two ends of a path.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { remember, useKnown } from "../search/known.js";
import { IconButton } from "../ui/button.js";
import { Cover } from "../ui/cover.js";
import { TrackPicker } from "../ui/track-picker.js";
import { artistOf, titleOf } from "../words.js";

/** Parameters: plan, onChange(changes of parameters). */
export function Ends({ plan, onChange }) {
  const known = useKnown([plan.from, plan.to].filter(Boolean).map(seedOf));
  return html`
    <h2>${t("playlists.ends")}</h2>
    <div class="ends-chosen">
      <${End} name="from" id=${plan.from} known=${known} onChange=${onChange} />
      <${IconButton}
        label=${t("playlists.turnAround")}
        icon="swap"
        disabled=${!plan.from && !plan.to}
        onClick=${() => onChange({ from: plan.to || null, to: plan.from || null })}
      />
      <${End} name="to" id=${plan.to} known=${known} onChange=${onChange} />
    </div>
  `;
}

function End({ name, id, known, onChange }) {
  const track = known.of(seedOf(id)) ?? { track_id: id };
  const pick = (picked) => {
    remember([picked]);
    onChange({ [name]: picked.track_id });
  };
  if (!id) return html`<${TrackPicker} label=${t(`playlists.${name}`)} onPick=${pick} />`;
  return html`
    <div class="end">
      <${Cover} track=${track} />
      <span class="names">
        <span class="artist">${t(`playlists.${name}`)}</span>
        <span class="title">${titleOf(track)}</span>
        <span class="artist">${artistOf(track)}</span>
      </span>
      <${IconButton}
        label=${t("playlists.otherEnd", { title: titleOf(track) })}
        icon="close"
        size="small"
        onClick=${() => onChange({ [name]: null })}
      />
    </div>
  `;
}

function seedOf(id) {
  return { kind: "track", id };
}
