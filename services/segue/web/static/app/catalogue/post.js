// One file sent to the API, with its progress: fetch tells none of what is sent.

import { ApiError, address } from "../api.js";
import { t } from "../i18n.js";

/**
 * Send a file: {answer, abort}. The answer is {body}, {error} or {aborted}, and never fails.
 *
 * @param {File} file
 * @param {{catalogue: string, jobId: string, onProgress: (bytes: number) => void}} options - jobId: job to join;
 *   "": a new one
 */
export function post(file, { catalogue, jobId, onProgress }) {
  const sending = new XMLHttpRequest();
  const query = jobId ? `?job_id=${encodeURIComponent(jobId)}` : "";
  sending.open("POST", address(`uploads${query}`, catalogue));
  sending.responseType = "json";
  sending.setRequestHeader("X-Segue-Page", "1");
  sending.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
  sending.setRequestHeader("Content-Type", "application/octet-stream");
  sending.upload.addEventListener("progress", ({ loaded }) => onProgress(loaded));
  const answer = new Promise((resolve) => {
    sending.addEventListener("abort", () => resolve({ aborted: true }));
    sending.addEventListener("error", () => resolve({ error: unreachable() }));
    sending.addEventListener("load", () => resolve(outcome(sending)));
  });
  sending.send(file);
  return { answer, abort: () => sending.abort() };
}

function outcome({ status, response: body }) {
  if (status >= 200 && status < 300) return { body };
  return { error: body?.error ? new ApiError(status, body.error) : unreachable(status) };
}

function unreachable(status = 0) {
  const error = { reason: "UNREACHABLE", message: t("ui.unreachable"), next_step: t("ui.unreachableNext") };
  return new ApiError(status, error);
}
