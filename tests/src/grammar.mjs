// The parser that is built into the engine, called as the engine calls it: one text a line in JSON, one answer a line.
import { createInterface } from "node:readline";
import { parse } from "jsonc-parser";

for await (const line of createInterface({ input: process.stdin })) {
  const errors = [];
  const value = parse(JSON.parse(line), errors, { allowTrailingComma: true });
  console.log(JSON.stringify(errors.length ? null : { value }));
}
