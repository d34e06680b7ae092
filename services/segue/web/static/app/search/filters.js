// What narrows a search: labels with their counts, artists, years, durations.

import { html, useState } from "../html.js";
import { number, t } from "../i18n.js";
import { clock } from "../words.js";
import { useAnswer } from "../ui/answer.js";
import { Button } from "../ui/button.js";
import { Problem } from "../ui/problem.js";
import { Artists } from "./artists.js";
import { Descriptors } from "./descriptors.js";
import { facetsOf } from "./facets.js";
import { Histogram } from "./histogram.js";
import { filterOf, isFiltered, unfiltered } from "./query.js";

const SHOWN = 8;

/** Parameters: query, change(changes). */
export function Filters({ query, change }) {
  return html`
    <section class="filters" aria-label=${t("search.filters")}>
      <div class="filters-head">
        <h2>${t("search.filters")}</h2>
        ${isFiltered(query) &&
        html`<${Button} kind="plain" small onClick=${() => change(unfiltered(query))}>
          ${t("search.clearFilters")}
        <//>`}
      </div>
      <${Fitting} query=${query} />
      <${LabelFilter} name="genres" query=${query} change=${change} />
      <${LabelFilter} name="moods" query=${query} change=${change} />
      <${Descriptors} query=${query} change=${change} />
      <${Artists} query=${query} change=${change} />
      <${Range} name="years" ...${{ query, change }} maximum=${9999} words=${yearsInWords} />
      <${Range} name="length" ...${{ query, change }} scale=${60} words=${lengthsInWords} />
    </section>
  `;
}

/** How much of the catalogue the filter leaves. */
function Fitting({ query }) {
  const filter = JSON.stringify(filterOf(query));
  const { value } = useAnswer(() => facetsOf(filter), [filter]);
  const [count, total] = [value?.matching_tracks, value?.total_tracks].map((one) => Number(one ?? 0));
  return html`
    <p class="quiet numbers" role="status">${value && t("search.fitting", { count, total })}</p>
  `;
}

/** Labels of one kind: those that were given, or those that the model hears, never mixed. */
function LabelFilter({ name, query, change }) {
  const [all, setAll] = useState(false);
  const filter = JSON.stringify(filterOf(query, name));
  const { value, error, reload } = useAnswer(() => facetsOf(filter), [filter]);
  const { chosen, heard } = query[name];
  if (error) return html`<${Problem} error=${error} onRetry=${reload} />`;
  const facets = value?.[heard ? `predicted_${name}` : name] ?? [];
  const labels = withChosen(facets, chosen);
  const toggle = (label) => {
    const next = chosen.includes(label) ? chosen.filter((one) => one !== label) : [...chosen, label];
    change({ [name]: { chosen: next, heard } });
  };
  return html`
    <fieldset>
      <legend>${t(`search.${name}`)}</legend>
      <${Source} name=${name} heard=${heard} onChange=${(now) => change({ [name]: { chosen: [], heard: now } })} />
      <ul class="facets">
        ${(all ? labels : labels.slice(0, SHOWN)).map(
          ({ label, tracks }) => html`
            <li key=${label}>
              <label>
                <input
                  type="checkbox"
                  checked=${chosen.includes(label)}
                  onChange=${() => toggle(label)}
                />
                <span>${label}</span>
                <span class="quiet numbers">${number(Number(tracks ?? 0))}</span>
              </label>
            </li>
          `,
        )}
      </ul>
      ${value && !labels.length && html`<p class="quiet none">${t("search.noLabels")}</p>`}
      ${labels.length > SHOWN &&
      html`<${Button} kind="plain" small onClick=${() => setAll(!all)}>
        ${all ? t("search.fewer") : t("search.all", { count: labels.length })}
      <//>`}
    </fieldset>
  `;
}

function Source({ name, heard, onChange }) {
  return html`
    <div class="segmented" role="group" aria-label=${t("search.source")}>
      ${[false, true].map(
        (one) => html`
          <button
            key=${one}
            type="button"
            aria-pressed=${one === heard ? "true" : "false"}
            onClick=${() => one !== heard && onChange(one)}
          >
            ${t(one ? "search.heardLabels" : "search.givenLabels")}
            <span class="unseen"> (${t(`search.${name}`)})</span>
          </button>
        `,
      )}
    </div>
  `;
}

/** Where the API has the counts by year and by length. */
const COUNTED = { years: "years", length: "durations" };

/**
 * Parameters: name (of what the query has: [from, to], each may be null), scale (of what is shown in what is kept:
 * 60 for minutes), words of a range.
 */
function Range({ name, query, change, scale = 1, maximum, words }) {
  const values = query[name];
  const filter = JSON.stringify(filterOf(query, name));
  const { value: counted } = useAnswer(() => facetsOf(filter), [filter]);
  const field = (side) => html`
    <input
      class="field small"
      type="number"
      min="0"
      max=${maximum}
      step=${scale === 1 ? 1 : "any"}
      aria-label=${t(`search.${name}.${side ? "to" : "from"}`)}
      placeholder=${t(side ? "search.to" : "search.from")}
      value=${values[side] === null ? "" : Math.round((100 * values[side]) / scale) / 100}
      onChange=${(event) => {
        const written = event.currentTarget.valueAsNumber;
        const value = Number.isNaN(written) ? null : Math.round(Math.abs(written) * scale);
        change({ [name]: values.map((one, index) => (index === side ? value : one)) });
      }}
    />
  `;
  return html`
    <fieldset>
      <legend>${t(`search.${name}`)}</legend>
      <${Histogram}
        name=${t(`search.${name}.counts`)}
        ranges=${counted?.[COUNTED[name]] ?? []}
        chosen=${values}
        words=${words}
      />
      <div class="range">${field(0)}<span aria-hidden="true">–</span>${field(1)}</div>
    </fieldset>
  `;
}

function yearsInWords(minimum, below) {
  return below === undefined ? t("search.yearsFrom", { from: `${minimum}` }) : `${minimum}–${below - 1}`;
}

function lengthsInWords(minimum, below) {
  if (below === undefined) return t("search.lengthFrom", { from: clock(minimum) });
  return `${clock(minimum)}–${clock(below)}`;
}

function withChosen(facets, chosen) {
  const missing = chosen.filter((label) => !facets.some((facet) => facet.label === label));
  return [...missing.map((label) => ({ label, tracks: 0 })), ...facets];
}
