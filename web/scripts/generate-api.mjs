/**
 * Writes the server's HTTP types into src/api/generated.ts:
 *
 *   vivavoce openapi | npm run generate:api            (or: npm run generate:api -- http://127.0.0.1:8000/openapi.json)
 *
 * `npm run typecheck` then tells where src/api/types.ts, which the app reads, no longer fits them.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapi, { astToString } from "openapi-typescript";

const [address] = process.argv.slice(2);
const document = address === undefined ? JSON.parse(readFileSync(0, "utf8")) : await (await fetch(address)).json();
// The bodies are what can drift unseen; the paths are few, and written out in src/api/client.ts.
const types = astToString(await openapi({ ...document, paths: {} }, { defaultNonNullable: false }));
const target = fileURLToPath(new URL("../src/api/generated.ts", import.meta.url));
writeFileSync(target, `/* Generated from the server's OpenAPI document by \`npm run generate:api\`. Not to be edited. */\n\n${types}`);
process.stdout.write(`wrote ${target}\n`);
