// Something asked of the API again and again while the page is looked at.

import { useEffect, useRef, useState } from "../html.js";

const MOST_KEPT = 120;

/**
 * {value, at, error, age, history}: the last answer, when it came (another number for each), why the last try
 * failed, seconds since the last answer, and what `sample(answer)` made of the answers so far, oldest first.
 *
 * @param {(signal) => Promise} load
 * @param {{everySeconds: number, sample: (answer) => object}} options
 */
export function usePolled(load, { everySeconds, sample }) {
  const [state, setState] = useState({ value: undefined, error: null, at: 0, history: [] });
  const [now, setNow] = useState(performance.now());
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const control = new AbortController();
    let timer = 0;
    let asking = false;
    const ask = async () => {
      // While nobody looks, nothing is asked: the next answer comes when somebody does.
      if (asking || document.hidden) return;
      asking = true;
      await asked(latest.current, control.signal, sample, setState);
      asking = false;
      if (!control.signal.aborted) timer = setTimeout(ask, 1_000 * everySeconds);
    };
    const seen = () => {
      clearTimeout(timer);
      ask();
    };
    ask();
    document.addEventListener("visibilitychange", seen);
    const ticking = setInterval(() => setNow(performance.now()), 1_000);
    return () => {
      control.abort();
      clearTimeout(timer);
      clearInterval(ticking);
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  return { ...state, age: state.value === undefined ? 0 : Math.max(0, (now - state.at) / 1_000) };
}

async function asked(load, signal, sample, setState) {
  try {
    const value = await load(signal);
    setState(({ history }) => ({
      value,
      error: null,
      at: performance.now(),
      history: [...history, sample(value)].slice(-MOST_KEPT),
    }));
  } catch (error) {
    if (!signal.aborted) setState((before) => ({ ...before, error }));
  }
}
