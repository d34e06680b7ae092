// The cover of a track; where its file has none, a drawing that is always the same for it.

import { html, useState } from "../html.js";
import { address } from "../api.js";
import { useSession } from "../session.js";

const RINGS = 5;

/** Addresses of pictures of tracks whose files hold none: asked once, not again with every list that shows them. */
const without = new Set();

/** Parameters: track, or `seed` (any text) for what is no track; children lie over it. */
export function Cover({ track, seed = track?.track_id ?? "", children }) {
  const { mayHear } = useSession();
  const [, draw] = useState();
  const picture = track && address(`tracks/${encodeURIComponent(track.track_id)}/cover?or=none`);
  const asked = mayHear && track && !without.has(picture);
  return html`
    <div class="cover">
      <${Drawing} seed=${seed} />
      ${asked &&
      html`<img
        src=${picture}
        alt=""
        loading="lazy"
        decoding="async"
        onError=${() => (without.add(picture), draw({}))}
      />`}
      ${children}
    </div>
  `;
}

/** Rings around a place of their own, in neighbouring hues: calm beside one another, yet told apart. */
function Drawing({ seed }) {
  const random = randomOf(seed);
  const hue = Math.floor(random() * 360);
  const turn = (random() < 0.5 ? -1 : 1) * (25 + 35 * random());
  const [x, y] = [15 + 70 * random(), 15 + 70 * random()];
  const step = 11 + 7 * random();
  const colour = (share) => `oklch(${0.42 + 0.36 * share} ${0.09 + 0.03 * share} ${hue + turn * share})`;
  return html`
    <svg viewBox="0 0 100 100" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
      <rect width="100" height="100" fill=${colour(0)} />
      ${Array.from({ length: RINGS }, (_, ring) => {
        const share = (ring + 1) / RINGS;
        return html`<circle
          key=${ring}
          cx=${x}
          cy=${y}
          r=${step * (RINGS - ring)}
          fill=${colour(share)}
        />`;
      })}
    </svg>
  `;
}

/** Numbers in [0, 1) that follow from a text (FNV-1a, then mulberry32). */
function randomOf(text) {
  let state = 0x811c9dc5;
  for (const sign of text) state = Math.imul(state ^ sign.codePointAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
