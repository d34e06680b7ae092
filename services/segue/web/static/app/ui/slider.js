// A slider between two ends that are named.

import { html, useEffect, useId, useRef, useState } from "../html.js";

const SETTLE_MILLISECONDS = 200;

/**
 * Parameters: name, low and high (what its ends mean), value, minimum, maximum, step, disabled,
 * describe(value) for screen readers; onChange(value) comes when the hand rests, not at every step.
 */
export function Slider({ name, low, high, value, describe, onChange, disabled, ...range }) {
  const { minimum = 0, maximum = 1, step = 0.05 } = range;
  const id = useId();
  const [shown, setShown] = useState(value);
  const timer = useRef();
  useEffect(() => setShown(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const move = (event) => {
    const moved = event.currentTarget.valueAsNumber;
    setShown(moved);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(moved), SETTLE_MILLISECONDS);
  };
  return html`
    <div class="slider">
      <label class="name" for=${id}>${name}</label>
      <input
        id=${id}
        type="range"
        min=${minimum}
        max=${maximum}
        step=${step}
        value=${shown}
        disabled=${disabled}
        aria-valuetext=${describe ? describe(shown) : undefined}
        onInput=${move}
      />
      <div class="ends" aria-hidden="true"><span>${low}</span><span>${high}</span></div>
    </div>
  `;
}
