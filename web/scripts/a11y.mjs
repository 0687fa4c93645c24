/** Runs axe (WCAG 2.2 AA) over every page and state in light and dark: `npm run build && npm run test:a11y`. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mock, newPage, PAGES, startBrowser, startMock } from "./browser.mjs";

const axe = readFileSync(fileURLToPath(new URL("../node_modules/axe-core/axe.min.js", import.meta.url)), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const names = process.argv.slice(2);

const stop = await startMock();
const browser = await startBrowser();
let found = 0;
let looked = 0;
try {
  for (const [name, { staff = true, language = "en", state, go, slow }] of Object.entries(PAGES)) {
    if (names.length > 0 ? !names.includes(name) : slow) continue;
    for (const [scheme, width] of [
      ["light", 1440],
      ["dark", 390],
    ]) {
      await mock({ reset: true, ...state });
      const page = await newPage(browser, { width, language, staff, scheme });
      await go(page);
      await page.evaluate(axe);
      const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags }), TAGS);
      looked += 1;
      for (const violation of violations) {
        found += 1;
        process.stdout.write(`${name} (${scheme}, ${width}): ${violation.id}: ${violation.help}\n`);
        for (const node of violation.nodes.slice(0, 3)) process.stdout.write(`    ${node.target.join(" ")}  ${node.html.slice(0, 140)}\n`);
      }
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  stop();
}
process.stdout.write(`${looked} pages, ${found} violations\n`);
process.exit(found === 0 ? 0 : 1);
