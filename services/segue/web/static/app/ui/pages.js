// A list that the API gives page after page, of which more come when they are asked for.

import { useEffect, useRef, useState } from "../html.js";
import { useAnswer } from "./answer.js";

const NONE = { items: [], token: undefined, loading: false, error: null };

/**
 * {first (the first page's answer), items (of all pages so far), more (whether there are others), loading, error,
 * loadMore, reload}.
 *
 * `load(token, signal)` answers {items, next_page_token, ...}. What came after a first page goes with it: once that
 * holds other items (by `nameOf`), the list begins anew.
 */
export function usePages(load, dependencies, nameOf) {
  const first = useAnswer((signal) => load("", signal), dependencies);
  const begin = first.value?.items.map(nameOf).join("\n");
  const [pages, setPages] = useState({ begin, rest: NONE });
  const control = useRef(null);
  useEffect(() => () => control.current?.abort(), [begin]);
  const rest = pages.begin === begin ? pages.rest : NONE;
  const token = rest.token ?? first.value?.next_page_token ?? "";
  const set = (changes) => setPages({ begin, rest: { ...rest, ...changes } });
  const loadMore = async () => {
    control.current?.abort();
    const { signal } = (control.current = new AbortController());
    set({ loading: true, error: null });
    try {
      const page = await load(token, signal);
      const items = [...rest.items, ...page.items];
      set({ items, token: page.next_page_token ?? "", loading: false, error: null });
    } catch (error) {
      if (!signal.aborted) set({ loading: false, error });
    }
  };
  return {
    first: first.value,
    items: [...(first.value?.items ?? []), ...rest.items],
    more: token !== "",
    loading: rest.loading,
    error: first.error ?? rest.error,
    loadMore,
    reload: first.reload,
  };
}
