// SPDX-License-Identifier: Apache-2.0
// Calls a function of @huggingface/hub.  usage: node hub_call.cjs FUNCTION JSON-PARAMETERS
// Prints JSON: {"result": ...} or {"error": text}.  downloadFile writes to the parameter `to`.
"use strict";

const { createWriteStream } = require("node:fs");
const { Readable } = require("node:stream");
const { pipeline } = require("node:stream/promises");
const hub = require("@huggingface/hub");

async function downloadFile({ to, ...parameters }) {
  const blob = await hub.downloadFile(parameters);
  if (blob === null) throw new Error("there is no such file");
  await pipeline(Readable.fromWeb(blob.stream()), createWriteStream(to));
  return to;
}

// The parts of a file, one request for each: [first, end) pairs.
async function readRanges({ ranges, ...parameters }) {
  const blob = await hub.downloadFile(parameters);
  const parts = ranges.map(([first, end]) => blob.slice(first, end).arrayBuffer());
  return (await Promise.all(parts)).map((part) => Buffer.from(part).toString("hex"));
}

async function listFiles(parameters) {
  const paths = [];
  for await (const entry of hub.listFiles(parameters)) if (entry.type === "file") paths.push(entry.path);
  return paths;
}

async function main(name, text) {
  const functions = { downloadFile, readRanges, listFiles, snapshotDownload: hub.snapshotDownload };
  const result = await functions[name](JSON.parse(text));
  console.log(JSON.stringify({ result }));
}

console.debug = () => {}; // the library tells its progress there
main(...process.argv.slice(2)).catch((error) => console.log(JSON.stringify({ error: String(error) })));
