// Who is in front of the page, and what they may do; and what the server can do.

import { call } from "./api.js";
import { useAnswer } from "./ui/answer.js";
import { makeStore, useStore } from "./store.js";

const GUEST = { role: "guest", name: "" };
const store = makeStore({ session: GUEST, known: false, server: null });

/** Ask again who is signed in, and give it; after signing in or out. */
export async function renewSession() {
  const session = await call("session");
  store.set({ session, known: true });
  return session;
}

/**
 * {role: "owner" | "listener" | "guest", name, known, mayHear, isOwner, listening_test (whether one is planned for
 * whoever it is)}; anew when it changes.
 */
export function useSession() {
  const { session, known } = useStore(store, (value) => value);
  return {
    ...session,
    known,
    mayHear: known && session.role !== "guest",
    isOwner: session.role === "owner",
  };
}

/** GetServerInfoResponse of the service, with `features` as a Set; null until it is known. */
export function useServer() {
  return useStore(store, (value) => value.server);
}

/** Loads both, and again whenever the service comes back, the latter for each catalogue; once on the page. */
export function useWho(catalogue) {
  useAnswer(renewSession, []);
  return useAnswer(async (signal) => {
    const server = await serverOf(catalogue, signal);
    store.set({ server: { ...server, features: new Set(server.features ?? []) } });
  }, [catalogue]);
}

/** What the server can do in a catalogue; where there is none of that name, what names those that there are. */
async function serverOf(catalogue, signal) {
  try {
    return await call("server-info", { signal, catalogue });
  } catch (error) {
    if (error.reason !== "CATALOGUE_UNKNOWN") throw error;
    return call("server-info", { signal, catalogue: "" });
  }
}
