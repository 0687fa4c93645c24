/**
 * Goes through an interview in a real browser against a real server, from sign-in to report:
 *
 *   node scripts/journey.mjs --link http://127.0.0.1:8000/sign-in?link=… [--language ko] [--pictures folder] [--restart command]
 *
 * `--restart` is a shell command that kills the server and starts it again, run while an answer is being sent; the
 * journey then has to go on by itself. Exits with 1 and a sentence when a step fails.
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
const language = option("language") ?? "en";
const pictures = option("pictures");
const restart = option("restart");
const base = new URL(link).origin;
if (pictures !== null) mkdirSync(pictures, { recursive: true });

const ANSWERS = {
  en: [
    "I led the migration of our payments ledger: 40 million rows moved without downtime. I designed the dual-write layer myself, because a freeze would have cost us a day of refunds, and the error rate went from 0.4 percent to zero.",
    "First I compared both sides every ten minutes with a reconciliation job. When they disagreed I froze the account, wrote both versions to an audit table and looked for the cause; it was a rounding error in an old service.",
    "My colleague wanted to freeze reporting for a month. We talked to the two people who read the reports, found that three reports mattered, and kept those alive together. As a result nobody missed a number.",
  ],
  ko: [
    "저는 결제 원장 이전을 맡아 4천만 건을 중단 없이 옮겼습니다. 하루 동안 환불을 멈출 수 없었기 때문에 이중 기록 계층을 직접 설계했고, 그 결과 오류율이 0.4%에서 0으로 줄었습니다.",
    "먼저 10분마다 양쪽을 비교하는 대조 작업을 만들었습니다. 값이 다르면 계정을 잠그고 두 값을 감사 테이블에 기록한 뒤 원인을 찾았는데, 오래된 서비스의 반올림 오류였습니다.",
    "동료는 한 달 동안 보고서를 멈추자고 했습니다. 실제로 보고서를 읽는 두 분과 이야기해 보니 세 가지만 필요했고, 함께 그 세 가지를 유지해서 문제없이 마쳤습니다.",
  ],
  zh: [
    "我负责过支付账本的迁移：四千万行数据在不停机的情况下完成。因为不能停一天退款，所以我自己设计了双写层，结果错误率从千分之四降到零。",
    "首先我写了每十分钟对账一次的任务。发现不一致时先冻结账户，把两个版本写入审计表，再找原因，最后发现是旧服务的舍入错误。",
    "同事想把报表停一个月。我们和真正看报表的两个人谈了以后，发现只有三张报表重要，于是一起保留了这三张，结果没有人受影响。",
  ],
};

const step = (text) => process.stdout.write(`${text}\n`);
const browser = await startBrowser();
const problems = [];

async function person(width) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  await context.addInitScript((chosen) => localStorage.setItem("vivavoce.language", chosen), language);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => problems.push(`page error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
  });
  return page;
}

async function picture(page, name) {
  if (pictures !== null) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

const submit = (page) => page.locator("form button[type=submit]").last();
const replies = (page) => page.locator("ol > li[data-role=interviewer]:not([aria-hidden])");
const waitForReplies = (page, count) =>
  page.waitForFunction(
    (wanted) => document.querySelectorAll("ol > li[data-role=interviewer]:not([aria-hidden])").length >= wanted,
    count,
  );

async function invite(recruiter) {
  await recruiter.goto(link);
  await recruiter.waitForURL(/\/interviews$/);
  await picture(recruiter, "1-interviews");
  step("signed in by link");
  await recruiter.goto(`${base}/interviews/new`);
  await recruiter.locator("input[maxlength='200']").first().fill("Backend engineer");
  await recruiter.locator("input[maxlength='200']").nth(1).fill("Maya Okafor");
  await recruiter.locator(`input[type=radio]`).nth(["en", "ko", "zh"].indexOf(language)).check();
  await recruiter.locator("fieldset input[type=checkbox]").first().waitFor();
  for (const box of (await recruiter.locator("input[type=checkbox]").all()).slice(0, 3)) await box.check();
  await recruiter.locator("aside ol li").first().waitFor();
  await recruiter.waitForTimeout(1_000);
  await picture(recruiter, "2-new");
  await submit(recruiter).click();
  await recruiter.waitForURL(/\/invite$/);
  const invitation = await recruiter.locator("input[readonly]").inputValue();
  await picture(recruiter, "3-invitation");
  const id = new URL(recruiter.url()).pathname.split("/")[2];
  step(`created ${id}`);
  return { id, invitation };
}

async function interview(candidate, invitation) {
  await candidate.goto(invitation);
  await candidate.locator("form input[type=checkbox]").first().waitFor();
  await picture(candidate, "4-welcome");
  for (const box of await candidate.locator("form input[type=checkbox]").all()) await box.check();
  await submit(candidate).click();
  await waitForReplies(candidate, 1);
  step(`the interviewer opened: ${(await replies(candidate).last().textContent()).slice(0, 60)}…`);
  for (const [index, answer] of ANSWERS[language].entries()) {
    const before = await replies(candidate).count();
    await candidate.locator("textarea:not([aria-hidden])").fill(answer);
    await submit(candidate).click();
    if (index === 1 && restart !== null) {
      await candidate.locator("textarea:not([aria-hidden])").fill("half a thought");
      step("restarting the server");
      execSync(restart, { stdio: "inherit" });
    }
    await waitForReplies(candidate, before + 1);
    if (index === 1 && restart !== null) {
      const draft = await candidate.locator("textarea:not([aria-hidden])").inputValue();
      if (draft !== "half a thought") throw new Error(`the draft was lost: ${JSON.stringify(draft)}`);
      step("came back after the restart, with the draft");
    }
    step(`reply ${index + 1}: ${(await replies(candidate).last().textContent()).slice(0, 60)}…`);
  }
  const said = await candidate.locator("ol > li[data-role=candidate]").count();
  if (said !== ANSWERS[language].length) throw new Error(`${said} answers are shown instead of ${ANSWERS[language].length}`);
  await picture(candidate, "5-conversation");
  await candidate.reload();
  await waitForReplies(candidate, ANSWERS[language].length + 1);
  step("everything is there after a reload");
}

async function end(candidate) {
  await candidate.locator("button[aria-haspopup=menu]").last().click();
  await candidate.getByRole("menuitem").first().click();
  await candidate.getByRole("dialog").locator("button").last().click();
  await candidate.locator("h1").waitFor();
  await candidate.locator("main textarea").waitFor({ state: "detached" });
  await picture(candidate, "6-thanks");
  step("the candidate ended the interview");
}

async function judge(recruiter, id) {
  await recruiter.goto(`${base}/interviews/${id}/report`);
  await recruiter.locator("form fieldset").first().waitFor({ timeout: 60_000 });
  await picture(recruiter, "7-sealed");
  const fields = await recruiter.locator("form fieldset").all();
  for (const field of fields.slice(0, -1)) await field.locator("input[type=radio]").nth(3).check();
  await fields.at(-1).locator("input[type=radio]").nth(3).check();
  await submit(recruiter).click();
  await recruiter.locator("article").first().waitFor();
  await recruiter.waitForTimeout(1_200);
  await picture(recruiter, "8-report");
  step(`the report shows ${await recruiter.locator("article").count()} criteria`);
  const quote = recruiter.locator("button[id^=quote-]").first();
  if ((await quote.count()) > 0) {
    const quoted = await quote.locator("span").first().textContent();
    await quote.click();
    const marked = await recruiter
      .locator('mark[data-active="true"]')
      .evaluateAll((marks) => marks.map((mark) => [...mark.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent).join("")).join(""));
    if (marked !== quoted) throw new Error(`the mark says ${JSON.stringify(marked)}, the quotation ${JSON.stringify(quoted)}`);
    await picture(recruiter, "9-quote");
    step(`a quotation leads to its words: ${quoted.slice(0, 50)}…`);
  } else {
    problems.push("the report quotes nothing");
  }
  const download = recruiter.waitForEvent("download");
  await recruiter.locator("header button").last().click();
  step(`downloaded ${(await download).suggestedFilename()}`);
}

try {
  const recruiter = await person(1440);
  const { id, invitation } = await invite(recruiter);
  const candidate = await person(390);
  await interview(candidate, invitation);
  await recruiter.goto(`${base}/interviews/${id}`);
  await recruiter.locator("ol li").nth(3).waitFor();
  await picture(recruiter, "6-watching");
  await end(candidate);
  await judge(recruiter, id);
} catch (error) {
  problems.push(error.message);
  for (const context of browser.contexts()) for (const page of context.pages()) await picture(page, `failed-${page.viewportSize().width}`);
} finally {
  await browser.close();
}
for (const problem of problems) step(`PROBLEM: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
