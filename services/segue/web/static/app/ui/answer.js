// Something asked of the API for a part of the page: its answer, or why there is none.

import { useCallback, useEffect, useState } from "../html.js";
import { useRecoveries } from "../connection.js";

const NOTHING = { value: undefined, error: null, loading: true };

/**
 * What `load(signal)` answers: {value, error, loading, reload}; asked anew when `dependencies` change, and
 * when a service that was gone is back. The value before stays while the next one is on its way.
 */
export function useAnswer(load, dependencies) {
  const [state, setState] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const recoveries = useRecoveries();
  useEffect(() => {
    const control = new AbortController();
    setState(({ value }) => ({ value, error: null, loading: true }));
    Promise.resolve(load(control.signal)).then(
      (value) => control.signal.aborted || setState({ value, error: null, loading: false }),
      (error) => control.signal.aborted || setState({ value: undefined, error, loading: false }),
    );
    return () => control.abort();
  }, [...dependencies, round, recoveries]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { ...state, reload };
}
