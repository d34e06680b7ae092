// Draws how the energy of a playlist is to rise and fall: points that are moved by hand or by keyboard.

import { html, useEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { Button } from "../ui/button.js";
import { percent } from "../words.js";

const WIDTH = 320;
const HEIGHT = 120;
const EDGE = 12;
const STEP = 0.05;
const MOST_POINTS = 12;

/** Contours to begin with, by the names of their strings. */
const SHAPES = {
  rise: [0.1, 0.5, 0.95],
  fall: [0.95, 0.5, 0.1],
  arc: [0.2, 0.6, 0.95, 0.6, 0.2],
  wave: [0.3, 0.8, 0.3, 0.8, 0.3],
};

/** Parameters: targets (in [0, 1], at least two), onChange(targets). */
export function Energy({ targets, onChange }) {
  const [drawn, setDrawn] = useState(targets);
  useEffect(() => setDrawn(targets), [targets.join()]);
  const plane = useRef();
  const set = (index, value) => drawn.map((one, at) => (at === index ? rounded(value) : one));
  const drag = (event, index) => {
    const { top, height } = plane.current.getBoundingClientRect();
    const scale = HEIGHT / height;
    const inside = (event.clientY - top) * scale;
    return set(index, 1 - (inside - EDGE) / (HEIGHT - 2 * EDGE));
  };
  const keyed = (event, index) => {
    const by = { ArrowUp: STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowLeft: -STEP, PageUp: 0.2, PageDown: -0.2 };
    const ends = { Home: 0, End: 1 };
    const value = ends[event.key] ?? drawn[index] + by[event.key];
    if (Number.isNaN(value)) return;
    event.preventDefault();
    onChange(set(index, value));
  };
  return html`
    <div class="energy">
      <svg
        ref=${plane}
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="group"
        aria-label=${t("playlists.energy")}
      >
        <path class="area" d="${line(drawn)} L${WIDTH - EDGE},${HEIGHT} L${EDGE},${HEIGHT} Z" />
        <path class="line" d=${line(drawn)} />
        ${drawn.map(
          (value, index) => html`
            <${Point}
              key=${index}
              index=${index}
              count=${drawn.length}
              value=${value}
              onKeyDown=${(event) => keyed(event, index)}
              onDrag=${(event) => setDrawn(drag(event, index))}
              onDrop=${() => onChange(drawn)}
            />
          `,
        )}
      </svg>
      <div class="ends-named quiet" aria-hidden="true">
        <span>${t("playlists.first")}</span><span>${t("playlists.last")}</span>
      </div>
      <div class="actions">
        ${Object.entries(SHAPES).map(
          ([name, shape]) => html`
            <${Button} key=${name} small onClick=${() => onChange(shape)}>${t(`playlists.shape.${name}`)}<//>
          `,
        )}
        <${Button}
          small
          kind="plain"
          icon="plus"
          disabled=${drawn.length >= MOST_POINTS}
          onClick=${() => onChange([...drawn, drawn.at(-1)])}
        >
          ${t("playlists.morePoints")}
        <//>
        <${Button}
          small
          kind="plain"
          icon="minus"
          disabled=${drawn.length <= 2}
          onClick=${() => onChange(drawn.slice(0, -1))}
        >
          ${t("playlists.fewerPoints")}
        <//>
      </div>
    </div>
  `;
}

function Point({ index, count, value, onKeyDown, onDrag, onDrop }) {
  const held = useRef(false);
  const down = (event) => {
    held.current = true;
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const up = () => {
    if (held.current) onDrop();
    held.current = false;
  };
  return html`
    <circle
      class="point"
      cx=${across(index, count)}
      cy=${downTo(value)}
      r="9"
      tabindex="0"
      role="slider"
      aria-label=${t("playlists.point", { place: index + 1, count })}
      aria-orientation="vertical"
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${Math.round(100 * value)}
      aria-valuetext=${percent(value)}
      onKeyDown=${onKeyDown}
      onPointerDown=${down}
      onPointerMove=${(event) => held.current && onDrag(event)}
      onPointerUp=${up}
      onPointerCancel=${up}
    />
  `;
}

function line(targets) {
  return targets
    .map((value, index) => `${index ? "L" : "M"}${across(index, targets.length)},${downTo(value)}`)
    .join(" ");
}

const across = (index, count) => EDGE + (index / (count - 1)) * (WIDTH - 2 * EDGE);
const downTo = (value) => EDGE + (1 - value) * (HEIGHT - 2 * EDGE);
const rounded = (value) => Math.round(100 * Math.min(Math.max(value, 0), 1)) / 100;
