// Pictures to begin with, drawn here, so that nothing has to be sent.

/** A file that the browser draws: `landscape`, `poster` or `mark`. */
export async function sample(name) {
  const { width, height, draw, file, type } = SAMPLES[name];
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  draw(canvas.getContext("2d"), width, height);
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, type, 0.92); });
  return new File([blob], file, { type });
}

const SAMPLES = {
  landscape: { width: 1800, height: 1200, draw: landscape, file: "landscape.jpg", type: "image/jpeg" },
  poster: { width: 1200, height: 1200, draw: poster, file: "poster.png", type: "image/png" },
  mark: { width: 360, height: 120, draw: mark, file: "mark.png", type: "image/png" },
};

// The same numbers each time: a picture is the same for everybody, and so are its figures.
function random(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function gradient(context, height, stops) {
  const made = context.createLinearGradient(0, 0, 0, height);
  stops.forEach(([at, colour]) => made.addColorStop(at, colour));
  return made;
}

function landscape(context, width, height) {
  const next = random(7);
  const shore = height * 0.66;
  sky(context, width, shore, next);
  const layers = [
    ["#8d7fa6", 0.42, 190], ["#6a6595", 0.5, 150], ["#474c7d", 0.57, 120], ["#2c3560", 0.62, 80],
  ];
  for (const [colour, at, rough] of layers) ridge(context, width, shore, [colour, height * at, rough], next);
  lake(context, width, height, shore);
  pines(context, width, height, next);
  grain(context, width, height, next);
}

function sky(context, width, shore, next) {
  context.fillStyle = gradient(context, shore, [[0, "#233a6b"], [0.35, "#6d6aa3"], [0.65, "#e39a8c"], [1, "#fbd7a1"]]);
  context.fillRect(0, 0, width, shore);
  const sun = context.createRadialGradient(width * 0.64, shore * 0.66, 20, width * 0.64, shore * 0.66, 520);
  sun.addColorStop(0, "rgba(255, 246, 220, 1)");
  sun.addColorStop(0.09, "rgba(255, 236, 196, 0.95)");
  sun.addColorStop(0.12, "rgba(255, 214, 160, 0.45)");
  sun.addColorStop(1, "rgba(255, 200, 150, 0)");
  context.fillStyle = sun;
  context.fillRect(0, 0, width, shore);
  for (let cloud = 0; cloud < 26; cloud += 1) {
    const [x, y] = [next() * width, shore * (0.08 + next() * 0.5)];
    for (let puff = 0; puff < 14; puff += 1) {
      context.fillStyle = `rgba(255, ${190 + Math.floor(next() * 50)}, ${180 + Math.floor(next() * 50)}, 0.045)`;
      context.beginPath();
      context.ellipse(x + (next() - 0.5) * 380, y + (next() - 0.5) * 26, 60 + next() * 130, 5 + next() * 13, 0, 0, 7);
      context.fill();
    }
  }
}

// Midpoints are moved by less and less, as mountains are drawn since there are computers.
function profile(next, base, rough) {
  let points = [base + (next() - 0.5) * rough, base + (next() - 0.5) * rough];
  for (let amount = rough; points.length < 1000; amount *= 0.52) {
    points = points.flatMap((point, index) => {
      const after = points[index + 1];
      return after === undefined ? [point] : [point, (point + after) / 2 + (next() - 0.5) * amount];
    });
  }
  return points;
}

function ridge(context, width, shore, [colour, base, rough], next) {
  const points = profile(next, base, rough);
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(0, shore);
  points.forEach((y, index) => context.lineTo((index / (points.length - 1)) * width, Math.min(y, shore)));
  context.lineTo(width, shore);
  context.fill();
}

// What is above the shore, upside down, in rows that sway.
function lake(context, width, height, shore) {
  const above = document.createElement("canvas");
  above.width = width;
  above.height = shore;
  above.getContext("2d").drawImage(context.canvas, 0, 0);
  for (let y = 0; y < height - shore; y += 2) {
    const sway = Math.sin(y * 0.35) * (1 + y * 0.03) + Math.sin(y * 0.11) * 3;
    const from = Math.max(0, shore - 1 - y * 1.6);
    context.drawImage(above, 0, from, width, 2, sway, shore + y, width, 2);
  }
  context.fillStyle = gradient(context, height, [[0.6, "rgba(20, 32, 66, 0.1)"], [1, "rgba(13, 20, 46, 0.72)"]]);
  context.fillRect(0, shore, width, height - shore);
}

function pines(context, width, height, next) {
  context.fillStyle = "#0d1428";
  for (let tree = 0; tree < 90; tree += 1) {
    const side = tree % 2 ? next() ** 1.7 * 0.36 : 1 - next() ** 1.7 * 0.3;
    const edge = Math.min(side, 1 - side);
    pine(context, side * width, height + 20, (0.46 - edge) * height * (0.55 + next() * 0.5));
  }
}

function pine(context, x, foot, tall) {
  for (let part = 0; part < 9; part += 1) {
    const top = foot - tall + (part / 9) * tall;
    const half = (4 + part * tall * 0.016) * (1 + (part % 2) * 0.15);
    context.beginPath();
    context.moveTo(x, top - tall * 0.05);
    context.lineTo(x + half, top + tall * 0.12);
    context.lineTo(x - half, top + tall * 0.12);
    context.fill();
  }
}

// Without it a codec would find it too easy.
function grain(context, width, height, next) {
  const pixels = context.getImageData(0, 0, width, height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const amount = (next() + next() - 1) * 9;
    for (let channel = 0; channel < 3; channel += 1) pixels.data[at + channel] += amount;
  }
  context.putImageData(pixels, 0, 0);
}

function poster(context, width) {
  const discs = [["#ef6f53", 0.36, 0.38], ["#f2b544", 0.64, 0.36], ["#2d9c8f", 0.5, 0.6]];
  for (const [colour, x, y] of discs) {
    context.globalAlpha = 0.86;
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x * width, y * width, width * 0.25, 0, 7);
    context.fill();
  }
  context.globalAlpha = 1;
  context.fillStyle = "#1d2b4f";
  context.textAlign = "center";
  context.font = `800 ${width * 0.24}px system-ui, sans-serif`;
  context.fillText("Aa", width / 2, width * 0.53);
  [40, 28, 20, 14].forEach((points, line) => {
    context.font = `500 ${points}px system-ui, sans-serif`;
    context.fillText("The quick brown fox jumps over the lazy dog", width / 2, width * 0.9 + line * 36 - 24);
  });
  rays(context, width);
}

// Lines that come nearer to each other, in which a resampler shows what it does.
function rays(context, width) {
  context.strokeStyle = "#1d2b4f";
  context.lineWidth = 2;
  for (let ray = 0; ray < 48; ray += 1) {
    const angle = (ray / 48) * 2 * Math.PI;
    context.beginPath();
    context.moveTo(width * 0.1 + Math.cos(angle) * 8, width * 0.1 + Math.sin(angle) * 8);
    context.lineTo(width * 0.1 + Math.cos(angle) * 90, width * 0.1 + Math.sin(angle) * 90);
    context.stroke();
  }
}

function mark(context, width, height) {
  context.fillStyle = "rgba(15, 95, 89, 0.85)";
  context.beginPath();
  context.roundRect(4, 4, width - 8, height - 8, 28);
  context.fill();
  context.fillStyle = "#ffffff";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = "700 56px system-ui, sans-serif";
  context.fillText("pixmill", width / 2, height / 2 + 2);
}
