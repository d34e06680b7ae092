// Files that are dropped anywhere on the page: beside a zone for them, the browser would leave the page for one.

import { useEffect, useRef, useState } from "../html.js";

/** Calls `onDrop(DataTransfer)`; whether files are held over the page just now. */
export function useDrops(onDrop) {
  const [over, setOver] = useState(false);
  const latest = useRef(onDrop);
  latest.current = onDrop;
  useEffect(() => {
    const ends = new AbortController();
    const listen = (name, listener) => window.addEventListener(name, listener, { signal: ends.signal });
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    listen("dragover", (event) => carriesFiles(event) && (event.preventDefault(), setOver(true)));
    listen("dragleave", (event) => event.relatedTarget === null && setOver(false));
    listen("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(false);
      latest.current(event.dataTransfer);
    });
    return () => ends.abort();
  }, []);
  return over;
}
