// Calls of the HTTP/JSON API. All addresses are relative to the page, whatever prefix a proxy gives it.

/** What the API refused: its reason, a sentence, and what to do. */
export class ApiError extends Error {
  constructor(status, { reason, message, next_step: nextStep }) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.nextStep = nextStep;
  }
}

const UNREACHABLE = { reason: "UNREACHABLE", message: "The server does not answer.", next_step: "" };

/**
 * The answer of a call, as parsed JSON.
 *
 * @param {string} path - below api/v1/, such as "tracks/x1"
 * @param {object} [options] - of fetch; `json` is sent as the body
 * @throws {ApiError} also when nothing answers
 */
export async function call(path, { json, headers = {}, ...options } = {}) {
  const response = await request(path, {
    ...options,
    method: options.method ?? (json === undefined ? "GET" : "POST"),
    headers: json === undefined ? headers : { ...headers, "Content-Type": "application/json" },
    body: json === undefined ? options.body : JSON.stringify(json),
  });
  return response.status === 204 ? null : response.json();
}

/** The same, but the response itself: for what is no JSON. */
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(address(path), {
      credentials: "same-origin",
      ...options,
      // No form of another site can send it: the server refuses what changes something without it.
      headers: { "X-Segue-Page": "1", ...options.headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, UNREACHABLE);
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(response.status, body?.error ?? { ...UNREACHABLE, reason: "INTERNAL" });
}

/** Address of something of the API, for elements that load by themselves (audio, img). */
export function address(path) {
  return `api/v1/${path}`;
}
