// Draws points with WebGL2: their places and colours lie on the graphics card, a frame sends five numbers.

const VERTEX = `#version 300 es
in vec2 place;
in vec4 colour;
uniform vec2 middle;
uniform vec2 scale;
uniform float size;
uniform float strength;
out vec4 shade;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  // What is hidden lies outside of everything.
  if (colour.a == 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = size;
  shade = vec4(colour.rgb, strength);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 shade;
uniform float size;
out vec4 result;
void main() {
  float from = length(gl_PointCoord - 0.5) * size;
  float cover = clamp(size * 0.5 - from + 0.5, 0.0, 1.0);
  float alpha = shade.a * cover;
  result = vec4(shade.rgb * alpha, alpha);
}`;

/** Whether this browser can, tried once: it lends few contexts at a time. */
export function hasWebGl() {
  can ??= typeof WebGL2RenderingContext !== "undefined" && tried();
  return can;
}

let can;

function tried() {
  const gl = document.createElement("canvas").getContext("webgl2");
  giveBack(gl);
  return gl !== null;
}

function giveBack(gl) {
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
}

/**
 * A renderer on a canvas: setPlaces(x, y), setColours(rgba), draw({x, y, scale, size, strength, share: of the
 * points, a fair part of them}) in CSS pixels, resize(size), close(), after which the canvas is of no more use. Where
 * the graphics card is taken away, it draws again once that is back.
 */
export function webGlPoints(canvas, onRestored) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, depth: false });
  let state = prepare(gl);
  let ratio = 1;
  let order = new Uint32Array();
  const lost = (event) => event.preventDefault();
  const restored = () => {
    state = prepare(gl);
    onRestored();
  };
  canvas.addEventListener("webglcontextlost", lost);
  canvas.addEventListener("webglcontextrestored", restored);
  return {
    kind: "webgl2",
    setPlaces(x, y) {
      order = mixed(x.length);
      const places = new Float32Array(2 * x.length);
      order.forEach((row, at) => {
        places[2 * at] = x[row];
        places[2 * at + 1] = y[row];
      });
      fill(gl, state.places, places);
    },
    setColours(rgba) {
      const from = new Uint32Array(rgba.buffer, rgba.byteOffset, order.length);
      fill(gl, state.colours, Uint32Array.from(order, (row) => from[row]));
    },
    resize({ width, height }) {
      ratio = Math.min(window.devicePixelRatio || 1, 2);
      canvas.width = Math.max(1, Math.round(width * ratio));
      canvas.height = Math.max(1, Math.round(height * ratio));
    },
    draw({ x, y, scale, size, strength, share }) {
      const { program, at } = state;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.useProgram(program);
      gl.uniform2f(at.middle, x, y);
      gl.uniform2f(at.scale, (2 * scale * ratio) / canvas.width, (2 * scale * ratio) / canvas.height);
      gl.uniform1f(at.size, size * ratio);
      gl.uniform1f(at.strength, strength);
      gl.bindVertexArray(state.vertices);
      gl.drawArrays(gl.POINTS, 0, Math.ceil(share * order.length));
    },
    close() {
      canvas.removeEventListener("webglcontextlost", lost);
      canvas.removeEventListener("webglcontextrestored", restored);
      giveBack(gl);
    },
  };
}

/** All rows in an order in which any first part is spread over the whole; the same one every time. */
function mixed(count) {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  let state = 1;
  for (let last = count - 1; last > 0; last--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (last + 1);
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

function prepare(gl) {
  const program = link(gl);
  const vertices = gl.createVertexArray();
  const [places, colours] = [gl.createBuffer(), gl.createBuffer()];
  gl.bindVertexArray(vertices);
  attach(gl, program, "place", places, 2, gl.FLOAT, false);
  attach(gl, program, "colour", colours, 4, gl.UNSIGNED_BYTE, true);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const at = Object.fromEntries(
    ["middle", "scale", "size", "strength"].map((name) => [name, gl.getUniformLocation(program, name)]),
  );
  return { program, vertices, places, colours, at };
}

function attach(gl, program, name, buffer, parts, type, normalised) {
  const location = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(location);
  gl.vertexAttribPointer(location, parts, type, normalised, 0, 0);
}

function fill(gl, buffer, values) {
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
}

function link(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(program));
  }
  return program;
}
