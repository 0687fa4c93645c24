/** What journeys through the app have in common: people at their browsers, and what each of them does. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";

export const option = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? null : process.argv[at + 1];
};

export const step = (text) => process.stdout.write(`${text}\n`);

/** One journey: `base` is the server, `pictures` a folder or null. What goes wrong gathers in `problems`. */
export class Journey {
  problems = [];

  constructor({ browser, base, language, pictures }) {
    Object.assign(this, { browser, base, language, pictures });
    if (pictures !== null) mkdirSync(pictures, { recursive: true });
  }

  async person(width, options = {}) {
    const context = await this.browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce", ...options });
    await context.addInitScript((chosen) => localStorage.setItem("vivavoce.language", chosen), this.language);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.problems.push(`page error: ${error.message}`));
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) this.problems.push(message.text());
    });
    return page;
  }

  async picture(page, name) {
    if (this.pictures !== null) await page.screenshot({ path: join(this.pictures, `${name}.png`), fullPage: true });
  }

  /** Signs a recruiter in by `link`, who creates an interview and invites to it. */
  async invite(recruiter, link) {
    await recruiter.goto(link);
    await recruiter.waitForURL(/\/interviews$/);
    await this.picture(recruiter, "1-interviews");
    step("signed in by link");
    await recruiter.goto(`${this.base}/interviews/new`);
    await recruiter.locator("input[maxlength='200']").first().fill("Backend engineer");
    await recruiter.locator("input[maxlength='200']").nth(1).fill("Maya Okafor");
    await recruiter.locator(`input[type=radio]`).nth(["en", "ko", "zh"].indexOf(this.language)).check();
    await recruiter.locator("fieldset input[type=checkbox]").first().waitFor();
    for (const box of (await recruiter.locator("input[type=checkbox]").all()).slice(0, 3)) await box.check();
    await recruiter.locator("aside ol li").first().waitFor();
    await recruiter.waitForTimeout(1_000);
    await this.picture(recruiter, "2-new");
    await submit(recruiter).click();
    await recruiter.waitForURL(/\/invite$/);
    const invitation = await recruiter.locator("input[readonly]").inputValue();
    await this.picture(recruiter, "3-invitation");
    const id = new URL(recruiter.url()).pathname.split("/")[2];
    step(`created ${id}`);
    return { id, invitation };
  }

  /** The candidate opens the invitation and agrees. */
  async agree(candidate, invitation) {
    await candidate.goto(invitation);
    await candidate.locator("form input[type=checkbox]").first().waitFor();
    await this.picture(candidate, "4-welcome");
    for (const box of await candidate.locator("form input[type=checkbox]").all()) await box.check();
    await submit(candidate).click();
  }

  /** The candidate ends the interview. */
  async end(candidate) {
    await candidate.locator("button[aria-haspopup=menu]").last().click();
    await candidate.getByRole("menuitem").first().click();
    await candidate.getByRole("dialog").locator("button").last().click();
    await candidate.locator("main button[aria-haspopup=menu]").waitFor({ state: "detached" });
    await candidate.locator("h1").waitFor();
    step("the candidate ended the interview");
  }

  /** The recruiter hands in an own scorecard and sees the report. */
  async judge(recruiter, id) {
    await recruiter.goto(`${this.base}/interviews/${id}/report`);
    await recruiter.locator("form fieldset").first().waitFor({ timeout: 60_000 });
    await this.picture(recruiter, "7-sealed");
    const fields = await recruiter.locator("form fieldset").all();
    for (const field of fields.slice(0, -1)) await field.locator("input[type=radio]").nth(3).check();
    await fields.at(-1).locator("input[type=radio]").nth(3).check();
    await submit(recruiter).click();
    await recruiter.locator("article").first().waitFor();
    await recruiter.waitForTimeout(1_200);
    await this.picture(recruiter, "8-report");
    step(`the report shows ${await recruiter.locator("article").count()} criteria`);
  }

  /** Runs a journey to its end and leaves the process with 1 where something went wrong. */
  async run(go) {
    try {
      await go();
    } catch (error) {
      this.problems.push(error.message);
      for (const context of this.browser.contexts()) {
        for (const page of context.pages()) await this.picture(page, `failed-${page.viewportSize().width}`);
      }
    } finally {
      await this.browser.close();
    }
    for (const problem of this.problems) step(`PROBLEM: ${problem}`);
    process.exit(this.problems.length === 0 ? 0 : 1);
  }
}

export const submit = (page) => page.locator("form button[type=submit]").last();

export const replies = (page) => page.locator("ol > li[data-role=interviewer]:not([aria-hidden])");

export const waitForReplies = (page, count, timeout = 30_000) =>
  page.waitForFunction(
    (wanted) => document.querySelectorAll("ol > li[data-role=interviewer]:not([aria-hidden])").length >= wanted,
    count,
    { timeout },
  );

/** What a mark shows without what is said to screen readers only. */
export const marked = (page) =>
  page
    .locator('mark[data-active="true"]')
    .evaluateAll((marks) =>
      marks
        .map((mark) =>
          [...mark.childNodes]
            .filter((node) => node.nodeType === 3)
            .map((node) => node.textContent)
            .join(""),
        )
        .join(""),
    );
