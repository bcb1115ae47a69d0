// Asking the server that this page is from, below whatever prefix it has there.

/** What all paths begin with. */
export const root = new URL("../", import.meta.url);

/** Where an operation is, with its parameters as pairs. */
export function address(path, query = []) {
  const url = new URL(path, root);
  url.search = new URLSearchParams(query).toString();
  return url;
}

/** A failure, as the server or the network has it. */
export class Failure extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Asks, and reads the answer to its end.
 * Throws a `Failure`, or the browser's AbortError when `signal` says so: the connection is closed then, and the server stops the work.
 */
export async function ask(path, { query, body, key, accept, signal } = {}) {
  const start = performance.now();
  let response;
  let blob;
  try {
    const headers = headersOf(body, key, accept);
    const method = body ? "POST" : "GET";
    response = await fetch(address(path, query), { method, headers, body, signal, cache: "no-store" });
    blob = await response.blob();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(unreached(error));
  }
  const answer = {
    blob,
    status: response.status,
    type: response.headers.get("content-type") ?? "",
    width: Number(response.headers.get("image-width")),
    height: Number(response.headers.get("image-height")),
    requestId: response.headers.get("x-request-id") ?? "",
    stages: stages(response.headers.get("server-timing")),
    roundTrip: performance.now() - start,
  };
  // With a placeholder a failure looks like a picture, even by its status.
  if (!response.ok || response.headers.has("error")) {
    throw new Failure(await problem(response, answer));
  }
  return answer;
}

function headersOf(body, key, accept) {
  const headers = new Headers();
  if (key) headers.set("API-Key", key);
  if (accept) headers.set("Accept", accept);
  if (body instanceof Blob) headers.set("Content-Type", "application/octet-stream");
  return headers;
}

function unreached(error) {
  const detail = `The request got no answer: the server can't be reached, or it closed the connection. The browser says: ${error.message}`;
  return { title: "No answer", detail, status: 0, requestId: "" };
}

/** What is written in `Server-Timing`: names and milliseconds. */
export function stages(header) {
  return (header ?? "").split(",").map((entry) => {
    const [name, ...parameters] = entry.split(";").map((part) => part.trim());
    const duration = parameters.find((parameter) => parameter.startsWith("dur="));
    return { name, ms: Number(duration?.slice(4)) };
  }).filter((stage) => stage.name && Number.isFinite(stage.ms));
}

// Its members are as RFC 9457 has them, or imaginary's two, or there is nothing but a text.
async function problem(response, answer) {
  const text = response.headers.get("error") ?? await answer.blob.text();
  let said = {};
  try {
    said = JSON.parse(text);
  } catch {
    said = { detail: text.slice(0, 300) };
  }
  const wait = Number(response.headers.get("retry-after"));
  return {
    ...said,
    status: said.status ?? answer.status,
    title: said.title ?? `Status ${said.status ?? answer.status}`,
    detail: said.detail ?? said.message ?? "",
    retryAfter: wait > 0 ? wait : undefined,
    requestId: answer.requestId,
    stages: answer.stages,
    roundTrip: answer.roundTrip,
  };
}

const advices = new Map();

/** What to do about a kind of problem, if the server says so. */
export async function advice(code, key) {
  if (!code) return "";
  if (!advices.has(code)) {
    try {
      const answer = await ask(`problems/${encodeURIComponent(code)}`, { key, accept: "application/json" });
      advices.set(code, JSON.parse(await answer.blob.text()).advice ?? "");
    } catch {
      return "";
    }
  }
  return advices.get(code);
}
