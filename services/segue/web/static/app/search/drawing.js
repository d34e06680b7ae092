// Draws peaks and spectrograms on canvases, as large as these are and in the colours of the theme.

const BAR_PIXELS = 3;
const GAP_PIXELS = 1;
/** From silence to full scale: dark to bright, each step as much brighter as the one before. */
const PALETTE = [
  [18, 15, 30],
  [66, 30, 105],
  [150, 46, 121],
  [222, 88, 98],
  [252, 164, 98],
  [253, 236, 190],
];

/** Bars as high as the sound is loud; peaks in [-1, 1], however many. */
export function drawPeaks(canvas, peaks) {
  const { pen, width, height, scale } = prepared(canvas);
  const step = (BAR_PIXELS + GAP_PIXELS) * scale;
  const bars = Math.max(1, Math.floor(width / step));
  const loudest = Math.max(0.05, ...peaks.map(Math.abs));
  pen.fillStyle = getComputedStyle(canvas).color;
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor((bar * peaks.length) / bars);
    const until = Math.max(from + 1, Math.floor(((bar + 1) * peaks.length) / bars));
    let peak = 0;
    for (let index = from; index < until; index += 1) peak = Math.max(peak, Math.abs(peaks[index] ?? 0));
    const tall = Math.max(2 * scale, (peak / loudest) * height * 0.92);
    pen.beginPath();
    pen.roundRect(bar * step, (height - tall) / 2, BAR_PIXELS * scale, tall, 1.5 * scale);
    pen.fill();
  }
}

/** An image of grey levels in colours; where it cannot be had, the canvas stays empty. */
export async function drawSpectrogram(canvas, source) {
  const image = new Image();
  image.src = source;
  try {
    await image.decode();
  } catch {
    return;
  }
  const { pen, width, height } = prepared(canvas);
  pen.drawImage(image, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height);
  const colours = table();
  for (let index = 0; index < pixels.data.length; index += 4) {
    pixels.data.set(colours[pixels.data[index]], index);
  }
  pen.putImageData(pixels, 0, 0);
}

function prepared(canvas) {
  const scale = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = Math.max(1, Math.round(canvas.clientWidth * scale));
  canvas.height = Math.max(1, Math.round(canvas.clientHeight * scale));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  return { pen, width: canvas.width, height: canvas.height, scale };
}

function table() {
  return Array.from({ length: 256 }, (_, level) => {
    const place = (level / 255) * (PALETTE.length - 1);
    const lower = Math.min(Math.floor(place), PALETTE.length - 2);
    const share = place - lower;
    return PALETTE[lower].map((one, channel) => one + share * (PALETTE[lower + 1][channel] - one));
  });
}
