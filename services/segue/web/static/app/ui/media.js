// What the device of the reader is like: "(min-width: 60rem)", "(prefers-color-scheme: dark)".

import { useEffect, useState } from "../html.js";

/** Whether a media query holds; anew when that changes. */
export function useMedia(query) {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setHolds(media.matches);
    // It may have changed since it was drawn.
    changed();
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return holds;
}
