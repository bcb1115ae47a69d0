// The request as code in several languages, each complete, and quoted by that language's rules.

import { copier, make } from "./dom.js";

const ENV = "PIXMILL_KEY";

/**
 * The snippets of a request: `url`, the names of the `file` and perhaps of the `mark` to draw, what it must `accept`, whether
 * it is `locked`, and the name of the `result`.
 */
export function snippets(request) {
  return WRITERS.map(([name, write]) => ({ name, text: write(request) }));
}

// For a POSIX shell: nothing is special between single quotes but themselves.
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
// JSON's strings are those of JavaScript, Python and Go, too.
const json = (text) => JSON.stringify(text);
const php = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
// Within double quotes curl takes any name.
const part = (name, file) => shell(`${name}=@"${file.replace(/["\\]/g, "\\$&")}"`);
// Else it could be an option, or the standard input.
const plain = (file) => (file.startsWith("-") ? `./${file}` : file);

function curl({ url, file, mark, accept, locked, result }) {
  const lines = ["curl"];
  if (mark) lines.push(`-F ${part("image", mark)}`, `-F ${part("file", file)}`);
  else lines.push(`--data-binary ${shell(`@${plain(file)}`)}`);
  if (locked) lines.push(`-H "API-Key: $${ENV}"`);
  if (accept) lines.push(`-H ${shell(`Accept: ${accept}`)}`);
  lines.push(shell(url), `-o ${result}`);
  return lines.join(" \\\n  ").replace("curl \\\n  ", "curl ");
}

function script({ url, file, mark, accept, locked, result }) {
  const headers = [locked && `    "API-Key": process.env.${ENV},`, accept && `    Accept: ${json(accept)},`].filter(Boolean);
  const form = mark && [
    "const form = new FormData();",
    `form.append("image", new Blob([await readFile(${json(mark)})]), ${json(mark)});`,
    `form.append("file", new Blob([await readFile(${json(file)})]), ${json(file)});`, "",
  ];
  return [
    'import { readFile, writeFile } from "node:fs/promises";', "",
    ...(form || []),
    `const answer = await fetch(${json(url)}, {`,
    '  method: "POST",',
    ...(headers.length ? ["  headers: {", ...headers, "  },"] : []),
    mark ? "  body: form," : `  body: await readFile(${json(file)}),`,
    "});",
    "if (!answer.ok) throw new Error(await answer.text());",
    `await writeFile(${json(result)}, Buffer.from(await answer.arrayBuffer()));`,
  ].join("\n");
}

function python({ url, file, mark, accept, locked, result }) {
  const [address, ...rest] = url.split("?");
  const pairs = [...new URLSearchParams(rest.join("?"))];
  const headers = [locked && `"API-Key": os.environ["${ENV}"]`, accept && `"Accept": ${json(accept)}`].filter(Boolean);
  const parts = mark
    ? `    files=[("image", open(${json(mark)}, "rb")), ("file", open(${json(file)}, "rb"))],`
    : `    data=open(${json(file)}, "rb"),`;
  return [
    ...(locked ? ["import os", ""] : []), "import requests", "",
    "answer = requests.post(",
    `    ${json(address)},`,
    ...(pairs.length ? ["    params={", ...pairs.map(([name, value]) => `        ${json(name)}: ${json(value)},`), "    },"] : []),
    ...(headers.length ? [`    headers={${headers.join(", ")}},`] : []),
    parts, ")",
    "if not answer.ok:", "    raise SystemExit(answer.text)",
    `with open(${json(result)}, "wb") as file:`, "    file.write(answer.content)",
  ].join("\n");
}

const goFails = (what) => ["	if err != nil {", `		${what}`, "	}"];

function goBody(file, mark) {
  const fail = goFails("log.Fatal(err)");
  if (!mark) return [`	picture, err := os.ReadFile(${json(file)})`, ...fail, "	body := bytes.NewReader(picture)"];
  return [
    "	body := &bytes.Buffer{}", "	form := multipart.NewWriter(body)",
    `	for _, part := range [][2]string{{"image", ${json(mark)}}, {"file", ${json(file)}}} {`,
    "		picture, err := os.ReadFile(part[1])", ...fail.map((line) => `	${line}`),
    "		field, err := form.CreateFormFile(part[0], part[1])", ...fail.map((line) => `	${line}`),
    "		field.Write(picture)", "	}", "	form.Close()",
  ];
}

function go({ url, file, mark, accept, locked, result }) {
  const imports = ["bytes", "io", "log", ...(mark ? ["mime/multipart"] : []), "net/http", "os"];
  const fail = goFails("log.Fatal(err)");
  return [
    "package main", "", "import (", ...imports.map((name) => `	"${name}"`), ")", "", "func main() {",
    ...goBody(file, mark),
    `	request, err := http.NewRequest("POST", ${json(url)}, body)`, ...fail,
    ...(mark ? ['	request.Header.Set("Content-Type", form.FormDataContentType())'] : []),
    ...(locked ? [`	request.Header.Set("API-Key", os.Getenv("${ENV}"))`] : []),
    ...(accept ? [`	request.Header.Set("Accept", ${json(accept)})`] : []),
    "	answer, err := http.DefaultClient.Do(request)", ...fail,
    "	defer answer.Body.Close()", "	result, err := io.ReadAll(answer.Body)", ...fail,
    "	if answer.StatusCode != http.StatusOK {", "		log.Fatalf(\"%s: %s\", answer.Status, result)", "	}",
    `	if err := os.WriteFile(${json(result)}, result, 0o644); err != nil {`, "		log.Fatal(err)", "	}", "}",
  ].join("\n");
}

function phpCode({ url, file, mark, accept, locked, result }) {
  const headers = [!mark && "'Content-Type: application/octet-stream'", locked && `'API-Key: ' . getenv('${ENV}')`,
    accept && php(`Accept: ${accept}`)].filter(Boolean);
  const fields = mark
    ? `['image' => new CURLFile(${php(mark)}), 'file' => new CURLFile(${php(file)})]`
    : `file_get_contents(${php(file)})`;
  return [
    "<?php", `$request = curl_init(${php(url)});`, "curl_setopt_array($request, [",
    `    CURLOPT_POSTFIELDS => ${fields},`,
    ...(headers.length ? [`    CURLOPT_HTTPHEADER => [${headers.join(", ")}],`] : []),
    "    CURLOPT_RETURNTRANSFER => true,", "]);", "$answer = curl_exec($request);",
    "if (curl_getinfo($request, CURLINFO_RESPONSE_CODE) !== 200) {", "    exit($answer . PHP_EOL);", "}",
    `file_put_contents(${php(result)}, $answer);`,
  ].join("\n");
}

const WRITERS = [["curl", curl], ["fetch", script], ["Python", python], ["Go", go], ["PHP", phpCode]];

/** Tabs with the snippets; returns a function that shows those of another request. */
export function tabs(container) {
  let shown = 0;
  let texts = WRITERS.map(() => "");
  const panel = make("pre", { id: "code-text", role: "tabpanel", tabindex: "0" });
  const buttons = WRITERS.map(([name], index) => make("button", {
    type: "button", role: "tab", id: `code-${index}`, "aria-controls": "code-text",
    onclick: () => show(index), onkeydown: (event) => walk(event),
  }, name));
  const show = (index) => {
    shown = index;
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === index));
      button.tabIndex = at === index ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `code-${index}`);
    panel.textContent = texts[index];
  };
  const walk = (event) => {
    const to = { ArrowRight: shown + 1, ArrowLeft: shown - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show((to + buttons.length) % buttons.length);
    buttons[shown].focus();
  };
  container.replaceChildren(
    make("div", { class: "row spread" },
      make("div", { role: "tablist", "aria-label": "Language", class: "segments" }, buttons),
      copier("Copy", () => texts[shown])),
    panel);
  show(0);
  return (request) => {
    texts = snippets(request).map(({ text }) => text);
    show(shown);
  };
}
