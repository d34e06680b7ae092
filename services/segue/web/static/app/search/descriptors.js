// Instruments, voices and pace that answers must have, or must not have, as the model hears them.

import { html } from "../html.js";
import { number, t } from "../i18n.js";
import { descriptorName } from "../words.js";
import { useAnswer } from "../ui/answer.js";
import { Icon } from "../ui/icon.js";
import { catalogueFacets, facetsOf } from "./facets.js";
import { filterOf } from "./query.js";

/** Parameters: query, change(changes). Nothing is there where the model hears none in the whole catalogue. */
export function Descriptors({ query, change }) {
  const { wanted, unwanted } = query.descriptors;
  const filter = JSON.stringify(filterOf(query));
  const { value: whole } = useAnswer(() => catalogueFacets(), []);
  const { value: left } = useAnswer(() => facetsOf(filter), [filter]);
  const labels = inOrder([...labelsOf(whole), ...wanted, ...unwanted]);
  if (!labels.length) return null;
  const counts = new Map((left?.predicted_descriptors ?? []).map(({ label, tracks }) => [label, Number(tracks)]));
  const choose = (label, side) => {
    const others = (list) => list.filter((one) => one !== label);
    const next = { wanted: others(wanted), unwanted: others(unwanted) };
    if (!query.descriptors[side].includes(label)) next[side].push(label);
    change({ descriptors: next });
  };
  return html`
    <fieldset>
      <legend>${t("search.descriptors")}</legend>
      <ul class="chips descriptors">
        ${labels.map(
          (label) => html`
            <${Descriptor}
              key=${label}
              name=${descriptorName(label)}
              count=${left && (counts.get(label) ?? 0)}
              isWanted=${wanted.includes(label)}
              isUnwanted=${unwanted.includes(label)}
              onWant=${() => choose(label, "wanted")}
              onUnwant=${() => choose(label, "unwanted")}
            />
          `,
        )}
      </ul>
    </fieldset>
  `;
}

/** The count says how many tracks are left with it: of what must not be heard, that says nothing. */
function Descriptor({ name, count, isWanted, isUnwanted, onWant, onUnwant }) {
  const without = t("search.without", { what: name });
  const isNone = count === 0 && !isWanted && !isUnwanted;
  return html`
    <li class=${`chip ${isWanted ? "for" : ""} ${isUnwanted ? "against" : ""}`} data-none=${isNone ? "" : undefined}>
      <button type="button" class="want" aria-pressed=${String(isWanted)} onClick=${onWant}>
        <span class="text">${name}</span>
        ${!isUnwanted && html`<span class="quiet numbers">${count !== undefined && number(count)}</span>`}
      </button>
      <button
        type="button"
        aria-pressed=${String(isUnwanted)}
        aria-label=${without}
        title=${without}
        onClick=${onUnwant}
      >
        <${Icon} name="without" />
      </button>
    </li>
  `;
}

function labelsOf(facets) {
  return (facets?.predicted_descriptors ?? []).map(({ label }) => label);
}

/** Each once, by its name: an order by counts would change under the hand that chooses. */
function inOrder(labels) {
  const named = [...new Set(labels)].map((label) => [descriptorName(label), label]);
  return named.sort(([one], [other]) => one.localeCompare(other)).map(([, label]) => label);
}
