// What a playlist is to be: its seeds, its length, how it runs, what it may hold.

import { html, useId } from "../html.js";
import { t } from "../i18n.js";
import { filterChanges } from "../catalogue/filter.js";
import { catalogueFacets } from "../search/facets.js";
import { Filters } from "../search/filters.js";
import { isFiltered } from "../search/query.js";
import { useServer } from "../session.js";
import { useAnswer } from "../ui/answer.js";
import { Chip } from "../ui/chip.js";
import { Slider } from "../ui/slider.js";
import { percent } from "../words.js";
import { Energy } from "./energy.js";
import { Ends } from "./ends.js";
import { Seeds } from "./seeds.js";

const FIRST_ENERGY = [0.2, 0.6, 0.95, 0.6, 0.2];

/** Parameters: plan (of readPlan), parameters, onChange(changes of parameters). */
export function Planning({ plan, parameters, onChange }) {
  const path = plan.mode === "path";
  return html`
    <section class="planning" aria-label=${t("playlists.plan")}>
      ${path
        ? html`<${Ends} plan=${plan} onChange=${onChange} />`
        : html`<${Seeds} plan=${plan} onChange=${onChange} />`}
      <div class="choices">
        <${Length} plan=${plan} onChange=${onChange} />
        <${Whole}
          label=${t("playlists.perArtist")}
          value=${plan.perArtist ?? (path ? 1 : 3)}
          minimum=${path ? 1 : 0}
          maximum=${100}
          onChange=${(value) => onChange({ "per-artist": value })}
        />
      </div>
      ${!path && html`<${Course} plan=${plan} onChange=${onChange} />`}
      <${Sound} narrow=${plan.narrow} onChange=${onChange} />
      ${!path &&
      html`<label class="check">
        <input
          type="checkbox"
          checked=${plan.withSeeds}
          onChange=${(event) => onChange({ "with-seeds": event.currentTarget.checked ? "1" : null })}
        />
        ${t("playlists.withSeeds")}
      </label>`}
      <details class="more" open=${isFiltered(plan.narrow)}>
        <summary>${t("catalogue.filters")}</summary>
        <${Filters}
          query=${plan.narrow}
          change=${(changes) => onChange(filterChanges(parameters, changes))}
        />
      </details>
    </section>
  `;
}

function Length({ plan, onChange }) {
  const id = useId();
  if (plan.mode === "path") {
    return html`<${Whole}
      label=${t("playlists.steps")}
      value=${plan.tracks ?? 10}
      minimum=${2}
      maximum=${100}
      onChange=${(tracks) => onChange({ tracks })}
    />`;
  }
  const minutes = plan.minutes !== null;
  const unit = (event) =>
    onChange(event.currentTarget.value === "minutes" ? { minutes: 60, tracks: null } : { tracks: 20, minutes: null });
  return html`
    <${Whole}
      label=${t("playlists.length")}
      value=${plan.minutes ?? plan.tracks ?? 20}
      minimum=${1}
      maximum=${minutes ? 1_440 : 500}
      onChange=${(value) => onChange(minutes ? { minutes: value } : { tracks: value })}
    />
    <div class="choice">
      <label for=${id}>${t("playlists.unit")}</label>
      <select id=${id} class="field small" onChange=${unit}>
        <option value="tracks" selected=${!minutes}>${t("playlists.unit.tracks")}</option>
        <option value="minutes" selected=${minutes}>${t("playlists.unit.minutes")}</option>
      </select>
    </div>
  `;
}

function Whole({ label, value, minimum, maximum, onChange }) {
  const id = useId();
  const changed = (event) => {
    const written = Math.round(event.currentTarget.valueAsNumber);
    if (!Number.isNaN(written)) onChange(Math.min(Math.max(written, minimum), maximum));
  };
  return html`
    <div class="choice">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        class="field small"
        type="number"
        min=${minimum}
        max=${maximum}
        value=${value}
        onChange=${changed}
      />
    </div>
  `;
}

/** How it runs: as it flows best, by energy, or through genres. */
function Course({ plan, onChange }) {
  const id = useId();
  const { value: facets } = useAnswer(() => catalogueFacets(), []);
  const genres = labelsOf(facets);
  const course = plan.energy ? "energy" : plan.through.length ? "genres" : "flow";
  const choose = (event) =>
    onChange(
      {
        flow: { energy: null, through: [] },
        energy: { energy: FIRST_ENERGY.join(","), through: [] },
        genres: { energy: null, through: genres.slice(0, 2) },
      }[event.currentTarget.value],
    );
  return html`
    <div class="choice">
      <label for=${id}>${t("playlists.course")}</label>
      <select id=${id} class="field small" onChange=${choose}>
        ${["flow", "energy", ...(genres.length > 1 ? ["genres"] : [])].map(
          (name) => html`
            <option key=${name} value=${name} selected=${name === course}>${t(`playlists.course.${name}`)}</option>
          `,
        )}
      </select>
    </div>
    ${plan.energy &&
    html`<${Energy} targets=${plan.energy} onChange=${(targets) => onChange({ energy: targets.join(",") })} />`}
    ${course === "genres" &&
    html`<${Through}
      chosen=${plan.through}
      genres=${genres}
      onChange=${(through) => onChange({ through })}
    />`}
  `;
}

function Through({ chosen, genres, onChange }) {
  const id = useId();
  const put = (index, place) => {
    const next = [...chosen];
    next.splice(place, 0, ...next.splice(index, 1));
    onChange(next);
  };
  const add = (event) => {
    onChange([...chosen, event.currentTarget.value]);
    event.currentTarget.value = "";
  };
  return html`
    <div class="through">
      <ol class="chips">
        ${chosen.map(
          (genre, index) => html`
            <li key=${`${genre} ${index}`}>
              <${Chip}
                text=${genre}
                onRemove=${chosen.length > 2
                  ? () => onChange(chosen.filter((_, at) => at !== index))
                  : undefined}
              >
                ${index > 0 &&
                html`<button
                  type="button"
                  aria-label=${t("playlists.earlier", { what: genre })}
                  title=${t("playlists.earlier", { what: genre })}
                  onClick=${() => put(index, index - 1)}
                >
                  ‹
                </button>`}
              <//>
            </li>
          `,
        )}
      </ol>
      <label class="unseen" for=${id}>${t("playlists.addGenre")}</label>
      <select id=${id} class="field small" onChange=${add} disabled=${chosen.length >= 20}>
        <option value="">${t("playlists.addGenre")}</option>
        ${genres.map((genre) => html`<option key=${genre} value=${genre}>${genre}</option>`)}
      </select>
    </div>
  `;
}

/** Genres of the catalogue: those given, and where there are none those heard. */
function labelsOf(facets) {
  const given = (facets?.genres ?? []).map(({ label }) => label);
  return given.length ? given : (facets?.predicted_genres ?? []).map(({ label }) => label);
}

function Sound({ narrow, onChange }) {
  const server = useServer();
  if (!server?.features.has("halves")) return null;
  const share = server.halves?.find(({ name }) => name === "sound")?.share ?? 0.5;
  return html`
    <${Slider}
      name=${t("search.soundOrStyle")}
      low=${t("search.sameStyle")}
      high=${t("search.sameSound")}
      value=${narrow.sound ?? share}
      describe=${(value) => t("search.soundShare", { share: percent(value) })}
      onChange=${(sound) => onChange({ sound })}
    />
  `;
}
