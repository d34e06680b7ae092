// The answers of a search: page after page, as they are asked for.

import { useEffect, useRef, useState } from "../html.js";
import { call } from "../api.js";
import { useRecoveries } from "../connection.js";
import { endAfterCurrent } from "../player.js";
import { remember } from "./known.js";

const NOTHING = { results: [], asked: "", answer: null, token: "", error: null, loading: false };

/**
 * Results of a request (null: nothing is asked for): {results, asked (the request that they answer, as a text), answer
 * (the first page's), token, error, loading, loadMore, retry}. Those before stay while new ones are on their way; the
 * player goes through those of this request only.
 */
export function useResults(request) {
  const [state, setState] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const control = useRef(null);
  const recoveries = useRecoveries();
  const key = JSON.stringify(request);
  const load = async (token) => {
    control.current?.abort();
    const mine = (control.current = new AbortController());
    setState((before) => ({ ...before, error: null, loading: true }));
    try {
      const json = token ? { ...request, page_token: token } : request;
      const answer = await call("similar", { json, signal: mine.signal });
      performance.mark("segue.answer");
      remember((answer.results ?? []).map(({ track }) => track));
      setState((before) => withPage(before, answer, token, key));
    } catch (error) {
      if (control.current !== mine || mine.signal.aborted) return;
      setState((before) => ({ ...before, ...(token ? {} : NOTHING), error, loading: false }));
    }
  };
  useEffect(() => {
    if (request) endAfterCurrent(({ search }) => search !== undefined && search !== key);
  }, [key]);
  useEffect(() => {
    if (request) load("");
    else setState(NOTHING);
    return () => control.current?.abort();
  }, [key, round, recoveries]);
  const retry = () => (state.token && state.results.length ? load(state.token) : setRound(round + 1));
  return { ...state, loadMore: () => load(state.token), retry };
}

function withPage(before, answer, token, asked) {
  const page = answer.results ?? [];
  return {
    results: token ? [...before.results, ...page] : page,
    asked,
    answer: token ? before.answer : answer,
    token: answer.next_page_token ?? "",
    error: null,
    loading: false,
  };
}
