// Reads an AsyncAPI document from standard input and says what the official parser finds wrong with it:
//   vivavoce asyncapi | npm run -s check:asyncapi
// Exit status 1 when there is an error or a warning.
import { Parser } from "@asyncapi/parser";
import { text } from "node:stream/consumers";

const ERROR = 0;
const WARNING = 1;

const { document, diagnostics } = await new Parser().parse(await text(process.stdin));
const found = diagnostics.filter(({ severity }) => severity === ERROR || severity === WARNING);
for (const { message, path, severity } of found) {
  process.stdout.write(`${severity === ERROR ? "error" : "warning"} ${path.join(".")}: ${message}\n`);
}
if (document === undefined || found.length > 0) {
  process.exitCode = 1;
} else {
  process.stdout.write(
    `AsyncAPI ${document.version()}: ${document.channels().length} channels, ` +
      `${document.operations().length} operations, ${document.messages().length} messages\n`,
  );
}
