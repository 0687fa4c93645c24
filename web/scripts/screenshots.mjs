/**
 * Takes every page and state at 1440 and 390 px: `npm run build && npm run screenshots [-- name …] [--dark]`.
 * The pictures go to the git-ignored folder `screenshots/`.
 */

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { mock, newPage, PAGES, startBrowser, startMock } from "./browser.mjs";

const WIDTHS = [1440, 390];
const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const dark = process.argv.includes("--dark");
const folder = fileURLToPath(new URL("../screenshots/", import.meta.url));
mkdirSync(folder, { recursive: true });

const stop = await startMock();
const browser = await startBrowser();
let failed = 0;
try {
  for (const [name, { staff = true, language = "en", state, go, viewport }] of Object.entries(PAGES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    for (const width of WIDTHS) {
      await mock({ reset: true, ...state });
      const page = await newPage(browser, { width, language, staff, scheme: dark ? "dark" : "light" });
      try {
        await go(page);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (overflow > 0) process.stdout.write(`${name} at ${width}: ${overflow} px too wide\n`);
      } catch (error) {
        failed += 1;
        process.stdout.write(`${name} at ${width}: ${error.message.split("\n")[0]}\n`);
      }
      if (viewport !== true) await page.evaluate(() => window.scrollTo(0, 0));
      const file = `${folder}${name}-${width}${dark ? "-dark" : ""}.png`;
      await page.screenshot({ path: file, fullPage: viewport !== true });
      await page.context().close();
    }
  }
} finally {
  await browser.close();
  stop();
}
process.exit(failed === 0 ? 0 : 1);
