// Draws points where there is no WebGL2: slower, pixel by pixel, and the same to look at.

/** A renderer as `webGlPoints` is one. */
export function flatPoints(canvas) {
  const context = canvas.getContext("2d");
  let places = { x: [], y: [] };
  let rgba = new Uint8Array();
  return {
    kind: "2d",
    setPlaces: (x, y) => (places = { x, y }),
    setColours: (colours) => (rgba = colours),
    resize({ width, height }) {
      canvas.width = Math.max(1, Math.round(width));
      canvas.height = Math.max(1, Math.round(height));
    },
    draw({ x, y, scale, size, strength, share }) {
      const { width, height } = canvas;
      context.clearRect(0, 0, width, height);
      const image = context.getImageData(0, 0, width, height);
      const half = Math.max(0, Math.round(size / 2) - 1);
      for (let row = 0; row < places.x.length; row += Math.round(1 / share)) {
        if (!rgba[4 * row + 3]) continue;
        const left = Math.round(width / 2 + (places.x[row] - x) * scale);
        const top = Math.round(height / 2 - (places.y[row] - y) * scale);
        if (left < -half || top < -half || left >= width + half || top >= height + half) continue;
        square(image, left, top, half, rgba, 4 * row, Math.round(255 * strength));
      }
      context.putImageData(image, 0, 0);
    },
    close() {},
  };
}

function square({ data, width, height }, left, top, half, rgba, from, alpha) {
  for (let y = Math.max(0, top - half); y <= Math.min(height - 1, top + half); y++) {
    for (let x = Math.max(0, left - half); x <= Math.min(width - 1, left + half); x++) {
      const at = 4 * (y * width + x);
      data[at] = rgba[from];
      data[at + 1] = rgba[from + 1];
      data[at + 2] = rgba[from + 2];
      data[at + 3] = alpha;
    }
  }
}
