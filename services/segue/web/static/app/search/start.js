// What a reader sees before there is a search: ways to begin, and tracks to click at once.

import { html } from "../html.js";
import { call } from "../api.js";
import { t } from "../i18n.js";
import { playable } from "../player.js";
import { current, to } from "../route.js";
import { useSession } from "../session.js";
import { artistOf, titleOf } from "../words.js";
import { useAnswer } from "../ui/answer.js";
import { Cover } from "../ui/cover.js";
import { PlayButton } from "../ui/play-button.js";
import { Empty, Problem, Skeletons } from "../ui/problem.js";
import { TrackPicker } from "../ui/track-picker.js";
import { Bring } from "./bring.js";
import { remember } from "./known.js";

const LOOKED_AT = 60;
const SHOWN = 12;

/** Parameters: clip (of useClip), onTrack(track). */
export function Start({ clip, onTrack }) {
  const { value, error, reload } = useAnswer(someTracks, []);
  if (value && !value.length) return html`<div class="start"><${NoTracks} /></div>`;
  return html`
    <div class="start">
      <h1>${t("search.headline")}</h1>
      <p class="lead quiet">${t("search.lead")}</p>
      <${Bring} clip=${clip} large />
      <div class="or">
        <${TrackPicker} label=${t("search.byWords")} onPick=${onTrack} />
      </div>
      ${error && html`<${Problem} error=${error} onRetry=${reload} />`}
      ${!value && !error && html`<div class="tiles"><${Skeletons} count=${6} height="11rem" /></div>`}
      ${value && html`<${Tiles} tracks=${value} />`}
    </div>
  `;
}

function Tiles({ tracks }) {
  const queue = tracks.map((track) => ({ ...playable(track), search: "" }));
  return html`
    <section aria-labelledby="some-tracks">
      <h2 id="some-tracks">${t("search.someTracks")}</h2>
      <ul class="tiles">
        ${tracks.map(
          (track, index) => html`
            <li key=${track.track_id}>
              <${Cover} track=${track} size=${240}><${PlayButton} queue=${queue} index=${index} /><//>
              <a href=${to("search", { for: `track:${track.track_id}` })}>
                <span class="title" dir="auto">${titleOf(track)}</span>
                <span class="artist" dir="auto">${artistOf(track)}</span>
              </a>
            </li>
          `,
        )}
      </ul>
    </section>
  `;
}

function NoTracks() {
  const { isOwner } = useSession();
  const { catalogue } = current();
  return html`
    <h1 class="unseen">${t("app.search")}</h1>
    <${Empty} icon="music" title=${t("search.noTracks")}>
      <p>${t(isOwner ? "search.noTracksOwner" : "search.noTracksGuest")}</p>
      ${isOwner &&
      html`
        <a class="button strong" href=${to("catalogue")}>${t("search.upload")}</a>
        <p>${t("search.orCommand")} <code>segue ingest ${catalogue && `--catalogue ${catalogue} `}~/Music</code></p>
      `}
    <//>
  `;
}

/** Some tracks by different artists, others every time; those that have titles first. */
async function someTracks(signal) {
  const json = { page_size: LOOKED_AT, view: "TRACK_VIEW_BASIC" };
  const { tracks = [] } = await call("tracks:list", { json, signal });
  const artists = new Set();
  const rank = (track) => {
    const { title, artist } = track.metadata ?? {};
    const again = artists.has(artist);
    artists.add(artist);
    return (title ? 0 : 4) + (artist && again ? 2 : 0) + Math.random();
  };
  const shown = tracks
    .map((track) => [track, Math.random()])
    .sort(([, one], [, other]) => one - other)
    .map(([track]) => [track, rank(track)])
    .sort(([, one], [, other]) => one - other)
    .slice(0, SHOWN)
    .map(([track]) => track);
  remember(shown);
  return shown;
}
