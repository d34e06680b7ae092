// Of which genres a track is made, as the model hears it, which labels it carries, and what is heard in it.

import { html } from "../html.js";
import { useGenreColours } from "../genre-colours.js";
import { t } from "../i18n.js";
import { isUnknown, likely } from "../likely.js";
import { descriptorName, percent } from "../words.js";
import { cssOf } from "./colour.js";

const NAMED = 3;
const HARDLY = 0.1;

/** Parameters: heard (predicted genres as LabelProbability, in falling order); shares, where other ones are shown. */
export function Genres({ heard = [], shares = heard, named }) {
  if (!isUnknown("genres", heard)) return html`<${Composition} shares=${shares} named=${named} />`;
  return html`
    <ul class="labels" aria-label=${t("ui.composition")}>
      <li class="heard" title=${t("ui.unknownGenre")}>${t("ui.unknown")}</li>
    </ul>
  `;
}

/** Parameters: shares (LabelProbability of a genre composition, in falling order). */
export function Composition({ shares, named = NAMED }) {
  const colours = useGenreColours();
  const colourOf = (label) => cssOf(colours?.get(label));
  const sum = shares.reduce((total, { probability = 0 }) => total + probability, 0);
  if (!sum) return null;
  return html`
    <div class="composition">
      <div class="shares" aria-hidden="true">
        ${shares.map(
          ({ label, probability = 0 }) => html`
            <span
              key=${label}
              title=${`${label} ${percent(probability)}`}
              style=${{ flex: `${probability / sum} 0 0`, background: colourOf(label) }}
            />
          `,
        )}
      </div>
      <ul aria-label=${t("ui.composition")}>
        ${shares
          .slice(0, named)
          .filter(({ probability = 0 }) => probability >= 0.01)
          .map(
            ({ label, probability }) => html`
              <li key=${label} style=${{ "--colour": colourOf(label) }}>
                ${label} ${percent(probability)}
              </li>
            `,
          )}
      </ul>
    </div>
  `;
}

/** Parameters: given (texts) and heard (LabelProbability), which are told apart by sight and by ear. */
export function Labels({ given = [], heard = [] }) {
  const others = heard.filter(({ label }) => !given.includes(label));
  if (!given.length && !others.length) return null;
  return html`
    <ul class="labels">
      ${given.map((label) => html`<li key=${label} title=${t("ui.given")}>${label}</li>`)}
      ${others.map(
        ({ label, probability = 0 }) => html`
          <li key=${label} class="heard" title=${t("ui.heard", { share: percent(probability) })}>
            ${label}<span class="unseen"> (${t("ui.heard", { share: percent(probability) })})</span>
          </li>
        `,
      )}
    </ul>
  `;
}

/** Parameters: heard (LabelProbability), of which those that are likely are named, and no more than `most`. */
export function HeardIn({ heard = [], most = 3 }) {
  const named = likely("descriptors", heard).slice(0, most);
  if (!named.length) return null;
  const names = named.map(({ label }) => descriptorName(label)).join(", ");
  return html`<p class="heard-in quiet">${t("ui.heardIn", { names })}</p>`;
}

/** Parameters: heard (LabelProbability); with how likely each is, down to what is hardly heard. */
export function HeardShares({ heard = [] }) {
  const some = heard.filter(({ probability = 0 }) => probability >= HARDLY);
  if (!some.length) return null;
  return html`
    <ul class="heard-shares" aria-label=${t("ui.descriptors")}>
      ${some.map(
        ({ label, probability }) => html`
          <li key=${label}>
            <span>${descriptorName(label)}</span>
            <i aria-hidden="true"><b style=${{ width: `${100 * probability}%` }} /></i>
            <span class="numbers quiet">${percent(probability)}</span>
          </li>
        `,
      )}
    </ul>
  `;
}
