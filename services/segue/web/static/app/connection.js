// Whether the service behind the page answers; asked again until it does.

import { makeStore, useStore } from "./store.js";

const FIRST_WAIT_MILLISECONDS = 1_000;
const LONGEST_WAIT_MILLISECONDS = 8_000;
/** Of the API's errors: those that say that a part is gone, rather than that a request is wrong. */
const GONE = new Set(["UNREACHABLE", "QUERY_UNAVAILABLE"]);

const store = makeStore({ down: false, recoveries: 0 });
let probing = false;

/** Told by api.js of every error. */
export function noticed(reason) {
  if (!GONE.has(reason) || probing) return;
  store.set({ down: true });
  probing = true;
  ask(FIRST_WAIT_MILLISECONDS);
}

function ask(wait) {
  setTimeout(async () => {
    if (await answers()) {
      probing = false;
      store.set({ down: false, recoveries: store.get().recoveries + 1 });
    } else {
      ask(Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS));
    }
  }, wait);
}

async function answers() {
  try {
    const response = await fetch("api/v1/server-info", { cache: "no-store" });
    return response.ok;
  } catch {
    return false;
  }
}

/** Whether it is gone now. */
export function useDown() {
  return useStore(store, (value) => value.down);
}

/** How often it came back: what failed meanwhile is asked anew when this changes. */
export function useRecoveries() {
  return useStore(store, (value) => value.recoveries);
}
