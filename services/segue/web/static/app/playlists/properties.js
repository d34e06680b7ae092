// What a playlist is like as a whole.

import { html } from "../html.js";
import { number, t } from "../i18n.js";
import { Composition } from "../ui/composition.js";
import { clock, percent, similarity } from "../words.js";

/** Parameters: count, properties (PlaylistProperties), unevenness (of a path). */
export function Properties({ count, properties, unevenness }) {
  const { duration_seconds: seconds = 0, cohesion = 0, flow = 0 } = properties;
  const { genre_entropy: entropy, shared_labels: shared, genre_composition: shares = [] } = properties;
  const facts = [
    ["tracks", number(count)],
    ["duration", clock(seconds)],
    ["flow", similarity(flow)],
    ["cohesion", similarity(cohesion)],
    ["entropy", entropy === undefined ? "" : percent(entropy)],
    ["shared", shared === undefined ? "" : percent(shared)],
    ["unevenness", unevenness === undefined ? "" : number(unevenness, { maximumFractionDigits: 2 })],
  ].filter(([, value]) => value !== "");
  return html`
    <section class="properties" aria-label=${t("playlists.properties")}>
      <dl>
        ${facts.map(
          ([name, value]) => html`
            <div key=${name} title=${t(`playlists.meaning.${name}`)}>
              <dt>${t(`playlists.property.${name}`)}</dt>
              <dd class="numbers">${value}</dd>
            </div>
          `,
        )}
      </dl>
      <${Composition} shares=${shares.slice(0, 12)} named=${4} />
    </section>
  `;
}
