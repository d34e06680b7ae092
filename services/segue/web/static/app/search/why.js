// Why a track is among the answers, and how the answer as a whole came about.

import { html } from "../html.js";
import { number, t } from "../i18n.js";
import { similarity } from "../words.js";

/** Parameters: result (SimilarTrack in the view FULL). */
export function Why({ result }) {
  const { explanation = {} } = result;
  const rows = [
    ["acousticPart", explanation.acoustic_contribution],
    ["collaborativePart", explanation.collaborative_contribution],
    ["boostPart", explanation.boost_contribution],
  ].filter(([, value]) => value);
  return html`
    <div class="why">
      <p>${t("search.whySum", { score: similarity(result.score ?? 0) })}</p>
      <dl>
        ${rows.map(
          ([name, value]) => html`
            <div key=${name}>
              <dt>${t(`search.${name}`)}</dt>
              <dd class="numbers">${similarity(value, { sign: true })}</dd>
            </div>
          `,
        )}
        <${Fact} name="cosine" value=${similarity(result.acoustic_similarity ?? 0)} />
        <${Fact} name="soundAlike" value=${optional(explanation.sound_similarity)} />
        <${Fact} name="styleAlike" value=${optional(explanation.style_similarity)} />
        <${Fact} name="shared" value=${(explanation.shared_labels ?? []).join(", ")} />
        <${Fact} name="foundBy" value=${(explanation.found_by ?? []).map(stage).join(", ")} />
      </dl>
    </div>
  `;
}

/** Parameters: answer (SearchSimilarTracksResponse in the view FULL). */
export function HowItCameAbout({ answer }) {
  const { candidates = [], dropped = [], fallback, ranker } = answer.explanation ?? {};
  const counted = (list, name) =>
    list.map((one) => `${number(Number(one.count ?? 0))} ${name(one.name)}`).join(", ");
  return html`
    <details class="came-about quiet">
      <summary>${t("search.cameAbout")}</summary>
      <dl>
        <${Fact} name="candidates" value=${counted(candidates, stage)} />
        <${Fact} name="dropped" value=${counted(dropped, (name) => t(`search.drop.${name}`))} />
        <${Fact} name="ranker" value=${ranker && t(`search.ranker.${ranker}`)} />
        <${Fact} name="fallback" value=${fallback} />
        <${Fact} name="space" value=${answer.embedding_space} />
      </dl>
    </details>
  `;
}

function Fact({ name, value }) {
  if (!value) return null;
  return html`<div><dt>${t(`search.${name}`)}</dt><dd class="numbers">${value}</dd></div>`;
}

const optional = (value) => (value === undefined ? "" : similarity(value));
const stage = (name) => t(`search.stage.${name}`);
