/**
 * Speaks an interview in a real browser against a real server, from the device check to a report that plays the
 * quoted words:
 *
 *   node scripts/voice-journey.mjs --link http://127.0.0.1:8000/sign-in?link=… --microphone answer.wav --seconds 20
 *       [--language ko] [--correction "what was really said"] [--clip quoted.wav] [--pictures folder]
 *
 * `--microphone` is what the browser hears, over and over; `--seconds` is how long it is. `--clip` is where the
 * seconds that the report plays are written to. What it quotes is printed as `QUOTED: …`, and the seconds that it
 * names for that as `SECONDS: …`.
 */

import { writeFileSync } from "node:fs";
import { startBrowser } from "./browser.mjs";
import { Journey, marked, option, replies, step, submit, waitForReplies } from "./steps.mjs";

const link = option("link");
const microphone = option("microphone");
if (link === null || microphone === null) throw new Error("--link and --microphone are needed");
const language = option("language") ?? "en";
const seconds = Number(option("seconds") ?? "20");
const correction = option("correction");
const clip = option("clip");
const base = new URL(link).origin;
const REPLY_MS = 120_000;

const browser = await startBrowser([
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${microphone}`,
]);
const journey = new Journey({ browser, base, language, pictures: option("pictures") });
const voice = (page, name) => page.locator(`[data-voice=${name}]`);
const answers = (page) => page.locator("ol > li[data-role=candidate]:not([aria-hidden])");

/** Without a microphone the page says so in a sentence, and one can still write. */
async function withoutMicrophone(page) {
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
  });
  await voice(page, "open").click();
  await page.getByRole("alert").waitFor();
  if (!(await voice(page, "skip").isEnabled())) throw new Error("without a microphone one cannot write");
  await journey.picture(page, "5-denied");
  step(`without leave: ${(await page.getByRole("alert").textContent()).slice(0, 60)}…`);
  await page.reload();
}

async function checkDevice(page) {
  await voice(page, "open").waitFor();
  await withoutMicrophone(page);
  await voice(page, "open").click();
  await page.locator("select option").first().waitFor({ state: "attached" });
  await voice(page, "trial").click();
  await page.waitForTimeout(2_500);
  await voice(page, "trial-end").click();
  await voice(page, "listen").click();
  await journey.picture(page, "5-device-check");
  step("the microphone was heard, and played back");
  await page.waitForFunction(() => !document.querySelector("[data-voice=begin]").disabled, null, { timeout: REPLY_MS });
  await voice(page, "begin").click();
}

async function speak(page) {
  const before = await replies(page).count();
  await voice(page, "speak").click();
  await page.locator("li[data-caption=true]").waitFor({ timeout: REPLY_MS });
  await journey.picture(page, "6-speaking");
  step("captions come while one speaks");
  await page.waitForTimeout((seconds - 2) * 1_000);
  await voice(page, "speak").click();
  await waitForReplies(page, before + 1, REPLY_MS);
  step(`pressed and said: ${(await answers(page).last().locator("div").first().textContent()).slice(0, 70)}…`);
}

async function speakWithoutHands(page) {
  const before = await replies(page).count();
  await page.locator("[class*=SegmentedControl-label]").last().click();
  await voice(page, "speak").click();
  await waitForReplies(page, before + 1, REPLY_MS);
  await journey.picture(page, "6-hands-free");
  await voice(page, "speak").click();
  step("answered without hands: the server found the end of the sentence");
}

async function write(page) {
  await voice(page, "write").click();
  const before = await replies(page).count();
  await page.locator("textarea:not([aria-hidden])").fill({ en: "And I wrote it all down.", ko: "그리고 모두 기록했습니다." }[language]);
  await submit(page).click();
  await waitForReplies(page, before + 1, REPLY_MS);
  step("wrote instead");
}

async function confirm(page) {
  await voice(page, "confirm").waitFor({ timeout: REPLY_MS });
  const first = page.locator("main ol > li").first();
  await voice(first, "hear").click();
  if (correction !== null) {
    await voice(first, "misheard").click();
    await first.locator("textarea:not([aria-hidden])").fill(correction);
    await voice(first, "flag").click();
    await first.locator("q").waitFor();
    step("said what was misheard, and what it was");
  }
  await journey.picture(page, "6-confirmation");
  await voice(page, "confirm").click();
  await voice(page, "confirm").waitFor({ state: "detached" });
  step("confirmed the transcript");
}

/** Keeps the bytes of whatever the page begins to play. */
const keepPlayed = () => {
  const sounds = new Map();
  const { createObjectURL } = URL;
  URL.createObjectURL = (blob) => {
    const address = createObjectURL.call(URL, blob);
    sounds.set(address, blob);
    return address;
  };
  const { play } = HTMLMediaElement.prototype;
  const keep = async (element) => {
    const bytes = new Uint8Array(await sounds.get(element.src).arrayBuffer());
    window.played = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  };
  HTMLMediaElement.prototype.play = function start() {
    this.addEventListener("playing", () => void keep(this), { once: true });
    return play.call(this);
  };
};

/** Plays the first quotation that can be heard. */
async function listen(page) {
  const row = page.locator("li:has(> [data-play])").filter({ has: page.locator("button[id^=quote-]") }).first();
  await row.waitFor();
  const quoted = await row.locator("button[id^=quote-] span").first().textContent();
  const button = row.locator("> [data-play]");
  await button.click();
  const played = await page.waitForFunction(() => window.played, null, { timeout: 15_000 });
  const shown = await marked(page);
  if (shown !== quoted) throw new Error(`the mark says ${JSON.stringify(shown)}, the quotation ${JSON.stringify(quoted)}`);
  await journey.picture(page, "9-playing");
  if (clip !== null) writeFileSync(clip, Buffer.from(await played.jsonValue(), "base64"));
  step(`SECONDS: ${await button.getAttribute("data-play")}`);
  step(`QUOTED: ${quoted}`);
  if (correction !== null && (await page.locator("[class*=disputed]").count()) === 0) {
    throw new Error("the report does not show that something was misheard");
  }
}

await journey.run(async () => {
  const recruiter = await journey.person(1440);
  await recruiter.addInitScript(keepPlayed);
  const { id, invitation } = await journey.invite(recruiter, link);
  const candidate = await journey.person(390, { permissions: ["microphone"] });
  await journey.agree(candidate, invitation);
  await checkDevice(candidate);
  await waitForReplies(candidate, 1);
  step(`the interviewer opened: ${(await replies(candidate).last().textContent()).slice(0, 60)}…`);
  await speak(candidate);
  await speakWithoutHands(candidate);
  await write(candidate);
  await journey.end(candidate);
  await confirm(candidate);
  await journey.judge(recruiter, id);
  await listen(recruiter);
});
