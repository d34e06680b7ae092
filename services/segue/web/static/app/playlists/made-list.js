// A playlist that stands there: heard, put in order, added to, kept, exported.

import { html, useState } from "../html.js";
import { t } from "../i18n.js";
import { playable, setCrossfade } from "../player.js";
import { go, to } from "../route.js";
import { useSession } from "../session.js";
import { Button } from "../ui/button.js";
import { PlayButton } from "../ui/play-button.js";
import { Slider } from "../ui/slider.js";
import { TrackPicker } from "../ui/track-picker.js";
import { Exporting } from "./exporting.js";
import { List } from "./list.js";
import { Properties } from "./properties.js";
import { Saving } from "./saving.js";
import { MOST_AT_ONCE } from "./slices.js";
import { useTitle } from "./title.js";

const CROSSFADE_KEY = "segue.crossfade";

/** Parameters: plan, made (value of usePlaylist), learn (of it), onChange(changes of parameters). */
export function MadeList({ plan, made, learn, onChange }) {
  const [saving, setSaving] = useState(false);
  const [fade, setFade] = useState(() => Number(localStorage.getItem(CROSSFADE_KEY) ?? 4));
  const { mayHear } = useSession();
  const ids = made.tracks.map(({ track }) => track.track_id);
  const title = useTitle(plan, made);
  const changeFade = (seconds) => {
    localStorage.setItem(CROSSFADE_KEY, seconds);
    setFade(seconds);
    setCrossfade(seconds);
  };
  return html`
    <section class="made" aria-label=${title}>
      <header>
        <h2>${title}</h2>
        ${made.tracks.length > 0 &&
        html`<${PlayButton}
          queue=${made.tracks.map(({ track }) => playable(track))}
          size="large"
          crossfadeSeconds=${fade}
        />`}
        <div class="actions">
          ${mayHear && html`<${Button} icon="save" onClick=${() => setSaving(true)}>${t("playlists.save")}<//>`}
          ${ids.length > 0 && html`<${Exporting} trackIds=${ids} title=${title} />`}
          ${ids.length > 1 &&
          html`<a class="button" href=${to("map", ids.map((id) => ["path", id]))}>${t("playlists.onMap")}</a>`}
        </div>
      </header>
      <${Notes} plan=${plan} made=${made} onChange=${onChange} />
      ${made.properties &&
      html`<${Properties}
        count=${ids.length}
        properties=${made.properties}
        unevenness=${made.unevenness}
      />`}
      <${List}
        entries=${made.tracks}
        crossfadeSeconds=${fade}
        onOrder=${(next) => onChange({ track: next })}
      />
      <${TrackPicker}
        label=${t("playlists.add")}
        onPick=${(track) => (learn(track), onChange({ track: [...ids, track.track_id] }))}
      />
      ${mayHear &&
      html`<footer>
        <${Slider}
          name=${t("playlists.crossfade")}
          low=${t("playlists.noFade")}
          high=${t("playlists.longFade")}
          minimum=${0}
          maximum=${12}
          step=${1}
          value=${fade}
          describe=${(count) => t("playlists.seconds", { count })}
          onChange=${changeFade}
        />
      </footer>`}
      ${saving &&
      html`<${Saving}
        trackIds=${ids}
        saved=${made.saved}
        onSaved=${(kept) => (setSaving(false), go(to("playlists", { saved: kept.playlist_id })))}
        onClose=${() => setSaving(false)}
      />`}
    </section>
  `;
}

/** What the reader should know of the list before looking at it. */
function Notes({ plan, made, onChange }) {
  const planned = plan.mode === "path" ? plan.from && plan.to : plan.seeds.length > 0;
  const handmade = plan.list.length > 0;
  return html`
    <div role="status">
      ${made.shortfall && html`<p class="notice">${made.shortfall}</p>`}
      ${made.unknownSeeds?.length > 0 &&
      html`<p class="notice">${t("playlists.unknown", { what: made.unknownSeeds.join(", ") })}</p>`}
      ${made.tracks.length > MOST_AT_ONCE &&
      html`<p class="notice">${t("playlists.noProperties", { count: MOST_AT_ONCE })}</p>`}
      ${made.missing > 0 && html`<p class="notice">${t("playlists.missing", { count: made.missing })}</p>`}
      ${handmade &&
      (planned || plan.saved) &&
      html`<p class="notice">
        ${t("playlists.byHand")}
        <${Button} small icon="again" onClick=${() => onChange({ track: [] })}>
          ${t(plan.saved ? "playlists.asSaved" : "playlists.anew")}
        <//>
      </p>`}
    </div>
  `;
}
