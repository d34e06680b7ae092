// The waveform and the mel-spectrogram of a sound, on one axis of time, and a passage chosen on them.

import { html, useEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { clock } from "../words.js";
import { drawPeaks, drawSpectrogram } from "./drawing.js";
import { around, fitted, moved, withEnd } from "./selection.js";

/** A hand that moves less than this has clicked. */
const CLICK_PIXELS = 4;
const STEPS = { ArrowLeft: -0.5, ArrowDown: -0.5, ArrowRight: 0.5, ArrowUp: 0.5, PageDown: -5, PageUp: 5 };

/**
 * Parameters: peaks, duration (seconds), spectrogram (address of its image, or null), selection
 * ({start, end} or null), position (seconds that are heard, or null); onSelect(selection) when the hand
 * rests, onSeek(seconds) for a click.
 */
export function Waveform({ peaks, duration, spectrogram, selection, position, onSelect, onSeek }) {
  const plane = useRef();
  const [drawn, setDrawn] = useState(selection);
  useEffect(() => setDrawn(selection), [selection?.start, selection?.end]);
  const hand = useHand({ plane, duration, drawn, setDrawn, onSelect, onSeek });
  const change = (changed) => (setDrawn(changed), onSelect(changed));
  return html`
    <div class="sound-plane" ref=${plane} ...${hand}>
      <${Picture} class="peaks" draw=${(canvas) => drawPeaks(canvas, peaks)} on=${[peaks]} />
      ${spectrogram &&
      html`<${Picture}
        class="spectrogram"
        label=${t("search.spectrogram")}
        draw=${(canvas) => drawSpectrogram(canvas, spectrogram)}
        on=${[spectrogram]}
      />`}
      ${position !== null && html`<i class="cursor" style=${{ left: at(position, duration) }} />`}
      ${drawn && html`<${Passage} ...${{ passage: drawn, duration, change }} />`}
    </div>
    <div class="times quiet numbers" aria-hidden="true">
      <span>0:00</span><span>${clock(duration)}</span>
    </div>
  `;
}

function Passage({ passage, duration, change }) {
  const { start, end } = passage;
  const handle = (side) => html`
    <span
      key=${side}
      class=${`handle ${side}`}
      role="slider"
      tabindex="0"
      data-side=${side}
      aria-label=${t(`search.${side}`)}
      aria-valuemin="0"
      aria-valuemax=${Math.round(duration * 10) / 10}
      aria-valuenow=${Math.round(passage[side] * 10) / 10}
      aria-valuetext=${clock(passage[side], { tenths: true })}
      onKeyDown=${(event) => byKey(event, side)}
    />
  `;
  const byKey = (event, side) => {
    const edges = { Home: 0, End: duration };
    const by = STEPS[event.key] * (event.shiftKey ? 10 : 1);
    const seconds = edges[event.key] ?? passage[side] + by;
    if (Number.isNaN(seconds)) return;
    event.preventDefault();
    change(withEnd(passage, side, seconds, duration));
  };
  return html`
    <div
      class="passage"
      style=${{ left: at(start, duration), width: at(end - start, duration) }}
      data-side="both"
    >
      ${handle("start")}${handle("end")}
    </div>
  `;
}

function Picture({ draw, on, label, class: name }) {
  const canvas = useRef();
  useEffect(() => {
    // An observer may still have something to tell when the picture has left the page.
    const again = () => canvas.current && draw(canvas.current);
    const size = new ResizeObserver(again);
    const theme = new MutationObserver(again);
    const device = matchMedia("(prefers-color-scheme: dark)");
    size.observe(canvas.current);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    device.addEventListener("change", again);
    return () => {
      size.disconnect();
      theme.disconnect();
      device.removeEventListener("change", again);
    };
  }, on);
  return html`
    <canvas
      ref=${canvas}
      class=${name}
      role=${label ? "img" : undefined}
      aria-label=${label}
      aria-hidden=${label ? undefined : "true"}
    />
  `;
}

/** Listeners for mouse, pen and touch: draw a passage out, move it, pull its ends, or click. */
function useHand({ plane, duration, drawn, setDrawn, onSelect, onSeek }) {
  const drag = useRef(null);
  const secondsAt = (event) => {
    const { left, width } = plane.current.getBoundingClientRect();
    return (Math.min(Math.max(event.clientX - left, 0), width) / width) * duration;
  };
  const dragged = (event) => {
    const { side, before, from } = drag.current;
    const seconds = secondsAt(event);
    if (side === "both") return moved(before, seconds - from, duration);
    if (side) return withEnd(before, side, seconds, duration);
    return fitted({ start: from, end: seconds }, duration);
  };
  return {
    onPointerDown(event) {
      if (event.button !== 0) return;
      plane.current.setPointerCapture(event.pointerId);
      const { side = "" } = event.target.dataset;
      drag.current = { side, before: drawn, from: secondsAt(event), x: event.clientX, moving: false };
    },
    onPointerMove(event) {
      if (!drag.current) return;
      drag.current.moving ||= Math.abs(event.clientX - drag.current.x) > CLICK_PIXELS;
      if (drag.current.moving) setDrawn(dragged(event));
    },
    onPointerUp(event) {
      if (!drag.current) return;
      if (drag.current.moving) onSelect(dragged(event));
      else if (drag.current.side !== "start" && drag.current.side !== "end") onSeek(drag.current.from);
      drag.current = null;
    },
    onPointerCancel() {
      drag.current = null;
      setDrawn(drawn);
    },
    onDblClick: (event) => onSelect(around(secondsAt(event), duration)),
  };
}

const at = (seconds, duration) => `${(100 * seconds) / duration}%`;
