// What a search starts from, as chips: for and against.

import { html } from "../html.js";
import { t } from "../i18n.js";
import { clock, fullTitle } from "../words.js";
import { Chip } from "../ui/chip.js";
import { Icon } from "../ui/icon.js";
import { TrackPicker } from "../ui/track-picker.js";
import { remember } from "./known.js";
import { writeSeed } from "./query.js";

/** Parameters: seeds, known (of useKnown), shown (the seed whose sound is seen), onShow, onChange(seeds). */
export function Seeds({ seeds, known, shown, onShow, onChange }) {
  const without = (seed) => onChange(seeds.filter((one) => one !== seed));
  const turned = (seed) =>
    onChange(seeds.map((one) => (one === seed ? { ...seed, against: !seed.against } : one)));
  const add = (track) => {
    remember([track]);
    onChange(withSeed(seeds, { kind: "track", id: track.track_id, against: false }));
  };
  return html`
    <section class="seeds" aria-label=${t("search.seeds")}>
      <ul class="chips">
        ${seeds.map(
          (seed) => html`
            <li key=${writeSeed(seed)}>
              <${SeedChip}
                seed=${seed}
                text=${nameOf(seed, known.of(seed))}
                shown=${seed === shown}
                onShow=${() => onShow(seed)}
                onTurn=${() => turned(seed)}
                onRemove=${() => without(seed)}
              />
            </li>
          `,
        )}
      </ul>
      <${TrackPicker} label=${t("search.addSeed")} onPick=${add} />
    </section>
  `;
}

function SeedChip({ seed, text, shown, onShow, onTurn, onRemove }) {
  const side = seed.against ? "against" : "for";
  const turn = t(seed.against ? "search.turnFor" : "search.turnAgainst", { what: text });
  return html`
    <${Chip} kind=${side} onRemove=${onRemove} text=${text} removeLabel=${t("ui.remove", { what: text })}>
      <button
        class="sign"
        type="button"
        aria-label=${turn}
        title=${turn}
        onClick=${onTurn}
      >
        ${seed.against ? "−" : "+"}
      </button>
      <button
        class="show"
        type="button"
        aria-pressed=${shown ? "true" : "false"}
        aria-label=${t("search.showSound", { what: text })}
        title=${t("search.showSound", { what: text })}
        onClick=${onShow}
      >
        <${Icon} name="passage" />
      </button>
    <//>
  `;
}

/** What a seed is called; `known` is its Track or its clip, where that is known. */
export function nameOf(seed, known) {
  const name = nameOfSound(seed, known);
  return seed.start === undefined ? name : `${name} · ${clock(seed.start)}–${clock(seed.end)}`;
}

/** The same without the passage that is meant. */
export function nameOfSound({ kind, id }, known) {
  if (kind === "clip") return known?.file_name || t("search.yourClip");
  return known ? fullTitle(known) : id;
}

/** Seeds with one more; one that stands there already changes its side instead. */
export function withSeed(seeds, seed) {
  const text = writeSeed(seed);
  return [...seeds.filter((one) => writeSeed(one) !== text), seed];
}
