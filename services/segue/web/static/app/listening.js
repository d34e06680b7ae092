// Tells the service what somebody who is signed in has heard: what "listeners like" learns from.

import { useEffect } from "./html.js";
import { call } from "./api.js";
import { counted } from "./heard.js";
import { watch } from "./player.js";
import { useSession } from "./session.js";

/** Once on the page. */
export function useListening() {
  const { mayHear } = useSession();
  useEffect(() => (mayHear ? watch(counted(played)) : undefined), [mayHear]);
}

function played(trackId) {
  const json = {
    interactions: [{ track_id: trackId, kind: "INTERACTION_KIND_PLAY" }],
  };
  // A play that is not taken down is no reason to bother whoever is listening.
  call("interactions", { json }).catch(() => {});
}
