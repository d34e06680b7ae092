// Records what the microphone hears.

import { html, useEffect, useRef, useState } from "../html.js";
import { t } from "../i18n.js";
import { clock } from "../words.js";
import { Button } from "../ui/button.js";
import { toast } from "../ui/toast.js";

const LONGEST_SECONDS = 60;
/** Less is not enough for the model to hear anything by. */
const SHORTEST_SECONDS = 3;

/** Parameters: onRecorded(File), disabled. */
export function Recorder({ onRecorded, disabled }) {
  const recording = useRef(null);
  const gone = useRef(false);
  const [seconds, setSeconds] = useState(null);
  const leave = () => {
    gone.current = true;
    end(recording, { thrownAway: true });
  };
  useEffect(() => leave, []);
  useEffect(() => {
    if (seconds === null) return undefined;
    if (seconds >= LONGEST_SECONDS) end(recording);
    const timer = setTimeout(() => setSeconds(seconds + 1), 1_000);
    return () => clearTimeout(timer);
  }, [seconds]);
  const begin = async () => {
    try {
      recording.current = await record((file) => {
        setSeconds(null);
        if (file) onRecorded(file);
      });
      // Who left while the browser asked is not listened to.
      if (gone.current) end(recording, { thrownAway: true });
      else setSeconds(0);
    } catch (error) {
      if (gone.current) return;
      toast(error.name === "NotFoundError" ? t("search.noMicrophone") : t("search.microphoneRefused"));
    }
  };
  if (!navigator.mediaDevices || !window.MediaRecorder) return null;
  if (seconds === null) {
    return html`<${Button} icon="microphone" disabled=${disabled} onClick=${begin}>${t("search.record")}<//>`;
  }
  const stop = () =>
    seconds < SHORTEST_SECONDS ? toast(t("search.recordLonger")) : end(recording);
  return html`
    <${Button} class="recording" icon="stop" onClick=${stop}>
      ${t("search.stop")} <span class="numbers">${clock(seconds)}</span>
    <//>
  `;
}

async function record(onEnd) {
  const stream = await navigator.mediaDevices.getUserMedia({
    // What makes speech clear takes music apart.
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const hush = () => stream.getTracks().forEach((track) => track.stop());
  const recorder = recorderOf(stream, hush);
  const pieces = [];
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  recorder.addEventListener("stop", () => {
    hush();
    const ending = recorder.mimeType.includes("mp4") ? "m4a" : "webm";
    const name = `${t("search.recording")}.${ending}`;
    onEnd(recorder.thrownAway ? null : new File(pieces, name, { type: recorder.mimeType }));
  });
  recorder.start();
  return recorder;
}

/** A recorder that cannot be made must not leave the microphone open. */
function recorderOf(stream, hush) {
  try {
    return new MediaRecorder(stream);
  } catch (error) {
    hush();
    throw error;
  }
}

function end(recording, { thrownAway = false } = {}) {
  const recorder = recording.current;
  recording.current = null;
  if (!recorder || recorder.state === "inactive") return;
  recorder.thrownAway = thrownAway;
  recorder.stop();
}
