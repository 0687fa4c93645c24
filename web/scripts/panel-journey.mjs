/**
 * Plays a panel interview into a real browser's microphone against a real server, to the report that is made of it:
 *
 *   node scripts/panel-journey.mjs --link http://127.0.0.1:8000/sign-in?link=… --microphone panel.wav --seconds 60
 *       [--utterances 9] [--pictures folder]
 *
 * `--microphone` is what the browser hears, once; `--seconds` is how long it is, and `--utterances` how many are waited
 * for. What came of it is printed: `VOICES: n`
 * that were told apart, `UTTERANCES: n`, `CANDIDATES: n` in the report, `QUOTED: n` quotations in it, and `FILES: …`.
 */

import { startBrowser } from "./browser.mjs";
import { Journey, option, step } from "./steps.mjs";

const link = option("link");
const microphone = option("microphone");
if (link === null || microphone === null) throw new Error("--link and --microphone are needed");
const seconds = Number(option("seconds") ?? "60");
const expected = Number(option("utterances") ?? "1");
const base = new URL(link).origin;
/** A machine that has much else to do understands speech later than it is spoken. */
const HEARD_MS = 180_000;
const TITLE = "Platform engineers, group interview";
const CANDIDATES = ["Ada Byron", "Noor Haddad", "Tomas Herrera", "Wei Chen"];
const NOTE = "Named a figure without being asked.";

const browser = await startBrowser([
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${microphone}%noloop`,
]);
const journey = new Journey({ browser, base, language: "en", pictures: option("pictures") });
const utterances = (page) => page.locator("[data-utterance]");

async function create(page) {
  await page.goto(link);
  await page.getByRole("link", { name: "New panel" }).first().click();
  await page.getByLabel(/^Name/).fill(TITLE);
  for (const [index, name] of CANDIDATES.entries()) {
    if (index > 0) await page.getByRole("button", { name: "Add a candidate" }).click();
    await page.getByLabel(`Candidate ${index + 1}`, { exact: true }).fill(name);
  }
  await page.getByLabel("Who interviews with you?").fill("Sam Lee");
  await page.getByLabel("When interviewers see the scores").selectOption("live");
  await journey.picture(page, "1-new-panel");
  await page.getByRole("button", { name: "Create panel" }).click();
  await page.getByLabel("Link for Sam Lee").waitFor();
  const invitation = await page.getByLabel("Link for Sam Lee").inputValue();
  await journey.picture(page, "2-ready");
  step("the panel is made, and another interviewer invited");
  return invitation;
}

async function listen(page) {
  await page.locator("button:enabled", { hasText: "Turn the microphone on" }).waitFor({ timeout: 90_000 });
  await page.getByRole("button", { name: "Turn the microphone on" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Everybody agrees" }).click();
  await page.getByText("Listening").waitFor();
  const begun = Date.now();
  await utterances(page).first().waitFor({ timeout: HEARD_MS });
  await journey.picture(page, "3-first-words");
  step("the first words were understood");
  // The connection goes in the middle; what is said meanwhile is kept here and comes after.
  await page.context().setOffline(true);
  await page.getByText("Kept on this device until").waitFor();
  await page.waitForTimeout(1_500);
  await page.context().setOffline(false);
  await page.getByText("Connected", { exact: true }).first().waitFor({ state: "attached" });
  await page.waitForTimeout(Math.max(0, seconds * 1_000 + 3_000 - (Date.now() - begun)));
  await page.waitForFunction((count) => document.querySelectorAll("[data-utterance]").length >= count, expected, { timeout: HEARD_MS });
  await settled(page);
  step(`VOICES: ${await page.locator("section[aria-label='Who spoke when'] li").count()}`);
  step(`UTTERANCES: ${await utterances(page).count()}`);
  await journey.picture(page, "4-heard");
}

/** Until nothing new has come for a while. */
async function settled(page) {
  for (let before = -1, now = await utterances(page).count(); now !== before; ) {
    await page.waitForTimeout(6_000);
    before = now;
    now = await utterances(page).count();
  }
}

async function correct(page) {
  const lanes = page.locator("section[aria-label='Who spoke when'] li[data-role=candidate]");
  await lanes.first().waitFor();
  const voice = await lanes.first().getByRole("button").textContent();
  await lanes.first().getByRole("button").click();
  await page.getByRole("dialog").getByLabel("Is the same person as").selectOption({ label: CANDIDATES[0] });
  await journey.picture(page, "5-who-is-it");
  await page.getByRole("dialog").getByRole("button", { name: "Merge" }).click();
  await page.locator("section[aria-label='Who spoke when']").getByRole("button", { name: CANDIDATES[0] }).waitFor();
  step(`${voice} is ${CANDIDATES[0]}`);
  const line = page.locator("[data-utterance][data-role=candidate]").last();
  await line.getByRole("button", { name: "change who said this" }).click();
  await page.getByRole("menuitem", { name: CANDIDATES[1] }).click();
  await page.locator("[data-utterance]").getByRole("button", { name: CANDIDATES[1] }).first().waitFor();
  step(`one utterance was by ${CANDIDATES[1]}`);
}

async function note(page, colleague) {
  await page.getByLabel("Note", { exact: true }).fill(NOTE);
  await page.getByRole("button", { name: "Save note" }).click();
  await page.getByRole("list", { name: "Notes" }).getByText(NOTE).waitFor();
  await colleague.getByRole("tab", { name: /Notes/ }).click();
  await colleague.getByRole("list", { name: "Notes" }).getByText(NOTE).waitFor();
  step("a note was taken, and the other interviewer reads it");
}

async function judge(page) {
  await page.getByRole("button", { name: "Judge now" }).click();
  await page.locator("[data-candidate]").getByText("Provisional").first().waitFor({ timeout: 60_000 });
  await journey.picture(page, "6-judged");
  step("the candidates were judged");
}

async function end(page, colleague) {
  await page.getByRole("button", { name: "Turn the microphone off" }).click();
  await page.getByRole("button", { name: "End interview" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End interview" }).click();
  await page.getByText("The interview has ended.").waitFor({ timeout: 60_000 });
  await colleague.getByText("The interview has ended.").waitFor();
  await journey.picture(page, "7-ended");
  await journey.picture(colleague, "7-colleague");
  step("it ended for everybody");
}

async function read(page) {
  await page.getByRole("link", { name: "Open the report" }).click();
  await page.getByRole("heading", { name: "Panel report" }).waitFor({ timeout: 90_000 });
  await page.getByRole("heading", { name: "Talk time" }).waitFor({ timeout: 90_000 });
  step(`CANDIDATES: ${await page.getByRole("button", { name: /^PDF/ }).count()}`);
  const quotes = page.locator("[data-quote]");
  step(`QUOTED: ${await quotes.count()}`);
  if ((await quotes.count()) > 0) {
    await quotes.first().click();
    await page.locator("mark[data-active=true]").first().waitFor();
    const play = page.locator("li:has(> [data-quote]) > [data-play]").first();
    const clip = page.waitForResponse((response) => response.url().includes("/audio/") && response.status() === 200);
    await play.click();
    await clip;
    step("a quotation is shown where it was said, and played");
  }
  const files = [];
  for (const name of [/^PDF/, "CSV", "XLSX"]) {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).first().click()]);
    files.push(file.suggestedFilename().split(".").at(-1));
  }
  step(`FILES: ${files.join(" ")}`);
  const own = page.locator("details").filter({ hasText: `Judge ${CANDIDATES[0]}` });
  await own.locator("summary").first().click();
  for (const select of await own.locator("select").all()) await select.selectOption({ index: 4 });
  await own.getByRole("button", { name: "Submit scorecard" }).click();
  await page.getByRole("button", { name: "Write down what you agree on" }).first().click();
  await page.getByRole("button", { name: "Save the agreement" }).click();
  await page.getByText(/^Agreed: /).first().waitFor();
  await page.waitForTimeout(500);
  await journey.picture(page, "8-report");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(500);
  await journey.picture(page, "8-report-narrow");
  step("an own scorecard was handed in, compared and agreed on");
}

await journey.run(async () => {
  const page = await journey.person(1440, { permissions: ["microphone"] });
  const invitation = await create(page);
  const colleague = await journey.person(390);
  await colleague.goto(invitation);
  await colleague.getByRole("tab", { name: /Transcript/ }).waitFor();
  await listen(page);
  await correct(page);
  await note(page, colleague);
  await judge(page);
  await end(page, colleague);
  await read(page);
});
