// pixmill as a process on a port of this machine.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const PIXMILL = process.env.PIXMILL ?? "target/dist/pixmill";

/** A server with these settings, by their names; it ends with `stop`. */
export async function serve(settings = {}) {
  const environment = Object.entries({ host: "127.0.0.1", port: 0, log: "warn", ...settings })
    .map(([name, value]) => [`PIXMILL_${name.toUpperCase()}`, String(value)]);
  const child = spawn(PIXMILL, { env: Object.fromEntries(environment), stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => { child.once("exit", resolve); });
  const origin = await started(child);
  const server = {
    url: `${origin}${settings.path_prefix ?? ""}`,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
  await ready(origin);
  return server;
}

function started(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`pixmill ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const origin = /http:\/\/[^ ]+/.exec(line);
      if (origin) resolve(origin[0].replace(/\/$/, ""));
    });
  });
}

async function ready(origin) {
  for (;;) {
    const answer = await fetch(`${origin}/ready`);
    await answer.arrayBuffer();
    if (answer.ok) return;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/** The value of a line of `/metrics`, 0 where there is none. */
export async function metric(server, line, headers = {}) {
  const page = await (await fetch(`${server.url}/metrics`, { headers })).text();
  const found = page.split("\n").find((text) => text.startsWith(`${line} `));
  return found ? Number(found.split(" ").pop()) : 0;
}
