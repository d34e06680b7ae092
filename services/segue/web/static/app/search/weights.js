// What a search goes by: sound or style, likeness or listeners, all alike or varied.

import { html, useId } from "../html.js";
import { t } from "../i18n.js";
import { useSession } from "../session.js";
import { percent } from "../words.js";
import { Slider } from "../ui/slider.js";
import { matchesOf, matchOf } from "./query.js";

/** Parameters: query, features (of the server), server, change(changes). */
export function Weights({ query, features, server, change }) {
  const style = server?.halves?.find(({ name }) => name === "sound")?.share ?? 0.5;
  const set = (name) => (value) => change({ [name]: value }, { replace: true });
  return html`
    <section class="weights" aria-label=${t("search.weights")}>
      <h2>${t("search.weights")}</h2>
      ${features.has("halves") &&
      matchOf(query, features) !== "genre" &&
      html`<${Slider}
        name=${t("search.soundOrStyle")}
        low=${t("search.sameStyle")}
        high=${t("search.sameSound")}
        value=${query.sound ?? style}
        describe=${(value) => t("search.soundShare", { share: percent(value) })}
        onChange=${set("sound")}
      />`}
      ${features.has("collaborative") &&
      html`<${Slider}
        name=${t("search.soundsOrListeners")}
        low=${t("search.soundsLike")}
        high=${t("search.listenersLike")}
        value=${query.listeners ?? 0}
        describe=${(value) => t("search.listenersShare", { share: percent(value) })}
        onChange=${set("listeners")}
      />`}
      ${features.has("collaborative") && query.listeners > 0 && html`<${Listener} ...${{ query, change }} />`}
      <${Slider}
        name=${t("search.variety")}
        low=${t("search.alike")}
        high=${t("search.varied")}
        value=${query.variety ?? 0}
        describe=${percent}
        onChange=${set("variety")}
      />
      <label class="check">
        <input
          type="checkbox"
          checked=${query.onePerArtist}
          onChange=${(event) => change({ onePerArtist: event.currentTarget.checked })}
        />
        ${t("search.onePerArtist")}
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked=${query.copies}
          onChange=${(event) => change({ copies: event.currentTarget.checked })}
        />
        ${t("search.allCopies")}
      </label>
      <${Match} ...${{ query, features, change }} />
      ${query.seeds.filter((seed) => !seed.against).length > 1 && html`<${Blend} ...${{ query, change }} />`}
    </section>
  `;
}

/** Whose listening counts: only the owner may name somebody. */
function Listener({ query, change }) {
  const { isOwner } = useSession();
  const id = useId();
  if (!isOwner) return null;
  return html`
    <div class="choice">
      <label for=${id}>${t("search.listener")}</label>
      <input
        id=${id}
        class="field small"
        value=${query.listener}
        onChange=${(event) => change({ listener: event.currentTarget.value.trim() })}
      />
    </div>
  `;
}

function Match({ query, features, change }) {
  return html`
    <${Choice}
      name=${t("search.match")}
      value=${matchOf(query, features)}
      options=${matchesOf(query.seeds, features).map((one) => [one, t(`search.match.${one || "auto"}`)])}
      onChange=${(match) => change({ match })}
    />
  `;
}

function Blend({ query, change }) {
  return html`
    <${Choice}
      name=${t("search.blend")}
      value=${query.any ? "any" : "all"}
      options=${["all", "any"].map((one) => [one, t(`search.blend.${one}`)])}
      onChange=${(blend) => change({ any: blend === "any" })}
    />
  `;
}

function Choice({ name, value, options, onChange }) {
  const id = useId();
  return html`
    <div class="choice">
      <label for=${id}>${name}</label>
      <select id=${id} class="field small" onChange=${(event) => onChange(event.currentTarget.value)}>
        ${options.map(
          ([one, text]) => html`<option key=${one} value=${one} selected=${one === value}>${text}</option>`,
        )}
      </select>
    </div>
  `;
}
