// Calls of the HTTP/JSON API. All addresses are relative to the page, whatever prefix a proxy gives it.

import { noticed } from "./connection.js";
import { t } from "./i18n.js";
import { current } from "./route.js";

/** What the API refused: its reason, a sentence, and what to do. */
export class ApiError extends Error {
  constructor(status, { reason, message, next_step: nextStep }) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.nextStep = nextStep;
  }
}

const unreachable = () => ({
  reason: "UNREACHABLE",
  message: t("ui.unreachable"),
  next_step: t("ui.unreachableNext"),
});

const ROOT = "api/v1/";
/** What all catalogues of a stack have in common: nothing of it is asked for by the name of one. */
const SHARED = /^(session|operations|clips|listening-test)(\/|$)/;

/**
 * The answer of a call, as parsed JSON.
 *
 * @param {string} path - below api/v1/, such as "tracks/x1"
 * @param {object} [options] - as of `request`
 * @throws {ApiError} also when nothing answers
 */
export async function call(path, options) {
  const response = await request(path, options);
  return response.status === 204 ? null : response.json();
}

/**
 * The same, but the response itself: for what is no JSON.
 *
 * @param {object} [options] - of fetch; `json` is sent as the body; `catalogue` is another than the one that is
 *   looked at
 */
export function request(path, { json, catalogue = current().catalogue, ...options } = {}) {
  if (json === undefined) return ask(address(path, catalogue), options);
  const named = catalogue && !SHARED.test(path) ? { ...json, catalogue } : json;
  return ask(`${ROOT}${path}`, {
    method: "POST",
    ...options,
    headers: { ...options.headers, "Content-Type": "application/json" },
    body: JSON.stringify(named),
  });
}

/** The response of an address that `address` gave. */
export async function ask(where, options = {}) {
  let response;
  try {
    response = await fetch(where, {
      credentials: "same-origin",
      ...options,
      // No form of another site can send it: the server refuses what changes something without it.
      headers: { "X-Segue-Page": "1", ...options.headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw failure(0, unreachable());
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw failure(response.status, body?.error ?? foreign(response.status));
}

/** Address of something of the API, for elements that load by themselves (audio, img). */
export function address(path, catalogue = current().catalogue) {
  if (!catalogue || SHARED.test(path)) return `${ROOT}${path}`;
  return `${ROOT}${path}${path.includes("?") ? "&" : "?"}catalogue=${encodeURIComponent(catalogue)}`;
}

/** What answers without an error of the API in its body: a proxy whose server is gone, or a fault. */
function foreign(status) {
  const gone = status === 502 || status === 503 || status === 504;
  return gone
    ? unreachable()
    : { reason: `HTTP_${status}`, message: t("ui.fault", { status }), next_step: t("ui.faultNext") };
}

function failure(status, error) {
  noticed(error.reason);
  return new ApiError(status, error);
}
