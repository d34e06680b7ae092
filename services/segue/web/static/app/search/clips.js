// Audio that the reader brings along: sent once, named by an id after that.

import { call } from "../api.js";
import { t } from "../i18n.js";

/** What could not be sent, said as the API says such things. */
class ClipRefused extends Error {
  constructor(reason, message, nextStep) {
    super(message);
    this.reason = reason;
    this.nextStep = nextStep;
  }
}

/**
 * Send a file or a recording.
 *
 * @returns {Promise<{clip_id, duration_seconds, file_name}>}
 * @throws {ApiError|ClipRefused} when it is too large, or the server cannot read it
 */
export async function sendClip(file, { mostBytes, signal }) {
  if (mostBytes && file.size > mostBytes) {
    const most = Math.floor(mostBytes / 2 ** 20);
    throw new ClipRefused("CLIP_TOO_LARGE", t("search.tooLarge", { most }), t("search.tooLargeNext"));
  }
  if (!file.size) throw new ClipRefused("CLIP_EMPTY", t("search.emptyFile"), t("search.emptyFileNext"));
  return call("clips", {
    method: "POST",
    body: file,
    signal,
    headers: {
      "Content-Type": file.type || "application/octet-stream",
      "X-File-Name": encodeURIComponent(file.name ?? ""),
    },
  });
}
