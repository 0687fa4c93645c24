/**
 * Goes through an interview in a real browser against a real server, from sign-in to report:
 *
 *   node scripts/journey.mjs --link http://127.0.0.1:8000/sign-in?link=… [--language ko] [--pictures folder] [--restart command]
 *
 * `--restart` is a shell command that kills the server and starts it again, run while an answer is being sent; the
 * journey then has to go on by itself. Exits with 1 and a sentence when a step fails.
 */

import { execSync } from "node:child_process";
import { startBrowser } from "./browser.mjs";
import { Journey, marked, option, replies, step, submit, waitForReplies } from "./steps.mjs";

const link = option("link");
if (link === null) throw new Error("--link is missing");
const language = option("language") ?? "en";
const restart = option("restart");
const base = new URL(link).origin;

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

const journey = new Journey({ browser: await startBrowser(), base, language, pictures: option("pictures") });

async function interview(candidate, invitation) {
  await journey.agree(candidate, invitation);
  const written = candidate.locator("textarea:not([aria-hidden])");
  const microphone = candidate.locator("[data-voice=skip]");
  await written.or(microphone).first().waitFor();
  if (await microphone.isVisible()) await microphone.click();
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
  await journey.picture(candidate, "5-conversation");
  await candidate.reload();
  await waitForReplies(candidate, ANSWERS[language].length + 1);
  step("everything is there after a reload");
}

/** A quotation leads to its words, and the report can be had as a file. */
async function read(recruiter) {
  const quote = recruiter.locator("button[id^=quote-]").first();
  if ((await quote.count()) > 0) {
    const quoted = await quote.locator("span").first().textContent();
    await quote.click();
    const shown = await marked(recruiter);
    if (shown !== quoted) throw new Error(`the mark says ${JSON.stringify(shown)}, the quotation ${JSON.stringify(quoted)}`);
    await journey.picture(recruiter, "9-quote");
    step(`a quotation leads to its words: ${quoted.slice(0, 50)}…`);
  } else {
    journey.problems.push("the report quotes nothing");
  }
  const download = recruiter.waitForEvent("download");
  await recruiter.locator("header button").last().click();
  step(`downloaded ${(await download).suggestedFilename()}`);
}

await journey.run(async () => {
  const recruiter = await journey.person(1440);
  const { id, invitation } = await journey.invite(recruiter, link);
  const candidate = await journey.person(390);
  await interview(candidate, invitation);
  await recruiter.goto(`${base}/interviews/${id}`);
  await recruiter.locator("ol li").nth(3).waitFor();
  await journey.picture(recruiter, "6-watching");
  await journey.end(candidate);
  await journey.picture(candidate, "6-thanks");
  await journey.judge(recruiter, id);
  await read(recruiter);
});
