/**
 * Two people hold a whole interview in a room, in two real browsers against a real server:
 *
 *   node scripts/room-journey.mjs --link http://127.0.0.1:8000/sign-in?link=… [--pictures folder] [--restart command]
 *
 * `--restart` is a shell command that kills the server and starts it again, run while an answer is being written and
 * one is under way. Exits with 1 and a sentence when a step fails.
 */

import { execSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { startBrowser } from "./browser.mjs";

const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : process.argv[at + 1];
};

const link = option("link");
if (link === null) throw new Error("--link is missing");
const pictures = option("pictures");
const restart = option("restart");
const WAIT = { timeout: 30_000 };
const TITLE = "Backend engineer, second round";
const QUESTIONS = ["What did you change while people were using it?", "What would you do differently today?"];
const ANSWER = "We moved the ledger shop by shop, and compared both sides every ten minutes.";
const CUT = "I would measure before changing anything.";
if (pictures !== null) mkdirSync(pictures, { recursive: true });

const browsers = [await startBrowser(), await startBrowser()];
const pages = [];
const step = (text) => process.stdout.write(`${text}\n`);

async function person(browser, width) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 1000 },
    locale: "en-GB",
    reducedMotion: "reduce",
    hasTouch: width < 600,
    isMobile: width < 600,
  });
  await context.addInitScript(() => localStorage.setItem("vivavoce.language", "en"));
  const page = await context.newPage();
  pages.push(page);
  return page;
}

async function picture(page, name) {
  if (pictures !== null) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

async function sees(page, text, scope = "body") {
  await page.locator(scope).getByText(text, { exact: false }).first().waitFor(WAIT);
}

const part = (page, name) => page.getByRole("tab", { name }).click();

async function create(interviewer) {
  await interviewer.goto(link);
  await interviewer.getByRole("link", { name: "New room" }).first().click(WAIT);
  await interviewer.getByLabel(/^Name/).fill(TITLE);
  const texts = interviewer.getByLabel("What is asked");
  await texts.first().fill(QUESTIONS[0]);
  await interviewer.getByLabel("Time to answer").first().selectOption("300");
  await interviewer.getByRole("button", { name: "Add a question" }).click();
  await texts.nth(1).fill(QUESTIONS[1]);
  await picture(interviewer, "1-new-room");
  await interviewer.getByRole("button", { name: "Create room" }).click();
  await interviewer.getByLabel("Who is it for?").fill("Maya Okafor", WAIT);
  await interviewer.getByRole("button", { name: "Create link" }).click();
  const invitation = await interviewer.getByLabel("Link for Maya Okafor (Candidate)").inputValue(WAIT);
  await sees(interviewer, QUESTIONS[1]);
  await picture(interviewer, "2-invited");
  step("the room is made, and the candidate invited");
  return invitation;
}

async function enter(interviewer, candidate, invitation) {
  await interviewer.getByRole("link", { name: "Enter the room" }).click();
  await sees(interviewer, "Connected");
  await candidate.goto(invitation);
  await candidate.getByRole("button", { name: "Agree and enter" }).waitFor(WAIT);
  await picture(candidate, "3-consent");
  for (const box of await candidate.locator("input[type=checkbox]").all()) await box.check();
  await candidate.getByRole("button", { name: "Agree and enter" }).click();
  await sees(candidate, "You are in the right place");
  await sees(interviewer, "Maya Okafor", "[data-pane=people]");
  step("both are in the room, and see each other");
}

async function askAndAnswer(interviewer, candidate) {
  await interviewer.getByRole("button", { name: "Ask question 1", exact: true }).click();
  await sees(candidate, QUESTIONS[0]);
  await sees(candidate, "Time left");
  await candidate.getByLabel("Your answer").fill(ANSWER);
  await candidate.reload();
  await candidate.getByLabel("Your answer").waitFor(WAIT);
  const draft = await candidate.getByLabel("Your answer").inputValue();
  if (draft !== ANSWER) throw new Error(`the draft was lost in a reload: ${JSON.stringify(draft)}`);
  await candidate.getByRole("button", { name: "Send answer" }).click();
  await sees(candidate, "Your answer has arrived");
  await sees(interviewer, ANSWER, "[data-pane=answers]");
  await picture(candidate, "4-answered");
  await interviewer.getByRole("button", { name: "Check against the question" }).click();
  await interviewer.getByRole("list", { name: "What this answer covers" }).getByText("ledger").first().waitFor(WAIT);
  await picture(interviewer, "4-analysis");
  step("a question was asked and answered, with the draft kept across a reload");
}

async function talk(interviewer, candidate) {
  await interviewer.getByLabel("Message to the room").fill("Take your time.");
  await interviewer.getByRole("button", { name: "Send message" }).click();
  await part(candidate, /Chat/);
  await sees(candidate, "Take your time.");
  await candidate.getByLabel("Message to the room").pressSequentially("Thank you", { delay: 20 });
  await sees(interviewer, "is typing");
  await candidate.getByRole("button", { name: "Send message" }).click();
  await sees(interviewer, "Thank you", "[data-pane=chat]");
  await candidate.getByRole("button", { name: "Ask for help" }).click();
  await candidate.getByRole("menuitem", { name: "Technical problem" }).click();
  await sees(interviewer, "Maya Okafor asks for help");
  await picture(interviewer, "5-help");
  await interviewer.getByRole("button", { name: /^Mark as resolved/ }).click();
  await candidate.getByText("The interviewers know").waitFor({ state: "detached", ...WAIT });
  step("they talked, and help was asked for and given");
}

async function pauseAndResume(interviewer, candidate) {
  await interviewer.getByRole("button", { name: "Pause" }).click();
  await part(candidate, "Question");
  await sees(candidate, "The interview is paused");
  await interviewer.getByRole("button", { name: "Resume" }).click();
  await candidate.getByText("The interview is paused").waitFor({ state: "detached", ...WAIT });
  step("it was paused, and went on");
}

/** The connection goes while an answer is on its way: nothing is lost, nothing is there twice. */
async function cut(interviewer, candidate) {
  await interviewer.getByRole("button", { name: "Ask question 2", exact: true }).click();
  await sees(candidate, QUESTIONS[1]);
  await candidate.getByLabel("Your answer").fill(CUT);
  await candidate.context().setOffline(true);
  await sees(candidate, "Offline");
  await candidate.getByRole("button", { name: "Send answer" }).click();
  await sees(candidate, "Kept on this device");
  await picture(candidate, "6-offline");
  if (restart !== null) execSync(restart, { stdio: "inherit" });
  await candidate.context().setOffline(false);
  // A server that starts slowly is away for longer than five tries: then a person presses the button.
  const again = interviewer.getByRole("button", { name: "Connect now" });
  if (await again.isVisible()) await again.click({ timeout: 2_000 }).catch(() => undefined);
  await sees(candidate, "Your answer has arrived");
  await sees(interviewer, CUT, "[data-pane=answers]");
  await sees(interviewer, "Connected");
  for (const text of [ANSWER, CUT]) {
    // Beside the answer itself a closer look at it may quote it.
    const shown = await interviewer.locator("[data-pane=answers] article > p").filter({ hasText: text }).count();
    if (shown !== 1) throw new Error(`${shown} times instead of once: ${text}`);
  }
  const messages = await interviewer.locator("[data-pane=chat] [role=log] li").count();
  if (messages !== 2) throw new Error(`${messages} messages are shown after coming back, instead of 2`);
  await picture(interviewer, "7-came-back");
  step("the connection was cut in the middle, and everything is there once");
}

async function end(interviewer, candidate) {
  await interviewer.getByRole("button", { name: "End interview" }).click();
  await interviewer.getByRole("dialog").getByRole("button", { name: "End interview" }).click();
  await sees(interviewer, "The interview has ended");
  await sees(candidate, "Thank you, Maya Okafor");
  await candidate.reload();
  await sees(candidate, "Thank you, Maya Okafor");
  await picture(candidate, "8-thanks");
  await picture(interviewer, "9-ended");
  step("it ended, and both see how");
}

let problem = null;
try {
  const interviewer = await person(browsers[0], 1440);
  const candidate = await person(browsers[1], 390);
  const invitation = await create(interviewer);
  await enter(interviewer, candidate, invitation);
  await askAndAnswer(interviewer, candidate);
  await talk(interviewer, candidate);
  await pauseAndResume(interviewer, candidate);
  await cut(interviewer, candidate);
  await end(interviewer, candidate);
} catch (error) {
  problem = error;
  for (const page of pages) await picture(page, `failed-${page.viewportSize().width}`);
} finally {
  for (const browser of browsers) await browser.close();
}
if (problem !== null) step(`PROBLEM: ${problem.stack}`);
process.exit(problem === null ? 0 : 1);
