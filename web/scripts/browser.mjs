/** What the browser scripts share: the stand-in server, the browser, and the pages with the way to reach each. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { gradingPages } from "./pages-grading.mjs";
import { panelPages } from "./pages-panels.mjs";

const PORT = Number(process.env.MOCK_PORT ?? 8099);
export const BASE = `http://127.0.0.1:${PORT}`;

export async function startMock() {
  const script = fileURLToPath(new URL("../dev/mock-server.mjs", import.meta.url));
  const app = process.env.WEBAPP === undefined ? [] : ["--app", process.env.WEBAPP];
  const child = spawn(process.execPath, [script, "--port", String(PORT), ...app], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((started, failed) => {
    child.stdout.once("data", started);
    child.once("exit", () => failed(new Error("the stand-in server did not start")));
  });
  return () => child.kill();
}

export function startBrowser(more = []) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath}: set CHROMIUM`);
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--force-color-profile=srgb", ...more] });
}

export const mock = (state) =>
  fetch(`${BASE}/__mock`, { method: "POST", body: JSON.stringify(state), headers: { "Content-Type": "application/json" } });

const STAFF = {
  access_token: "x",
  refresh_token: "y",
  expires_at: Date.now() + 3_600_000,
  user: { user_id: "u-1", name: "Jonas Feld", email: "jonas@example.com", role: "recruiter", language: "en" },
};

/** `staff`: false where nobody is signed in, true for a recruiter, or another role. */
export async function newPage(browser, { width, language = "en", scheme = "light", staff = true }) {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: scheme,
    locale: { en: "en-GB", ko: "ko-KR", zh: "zh-CN" }[language],
    reducedMotion: "reduce",
    hasTouch: width < 600,
    isMobile: width < 600,
  });
  await context.addInitScript(
    ([credentials, chosen]) => {
      localStorage.setItem("vivavoce.language", chosen);
      if (credentials !== null && localStorage.getItem("vivavoce.credentials.staff") === null) {
        localStorage.setItem("vivavoce.credentials.staff", JSON.stringify(credentials));
      }
    },
    [staff ? { ...STAFF, user: { ...STAFF.user, role: staff === true ? "recruiter" : staff } } : null, language],
  );
  const page = await context.newPage();
  page.on("pageerror", (error) => process.stdout.write(`page error: ${error.message}\n`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource|WebSocket/.test(message.text())) {
      process.stdout.write(`console: ${message.text()}\n`);
    }
  });
  return page;
}

const open = (path) => async (page) => {
  await page.goto(BASE + path);
  await page.waitForLoadState("networkidle");
};

const enter = (token) => async (page) => {
  await page.goto(`${BASE}/i/${token}`);
  await page.waitForSelector("form input[type=checkbox]");
};

/** The room of somebody who is signed in; on a narrow screen, the part of it that is asked for. */
const inRoom = (path, tab) => async (page) => {
  await page.goto(BASE + path);
  await page.locator("[role=tab], [data-pane]").first().waitFor();
  await page.waitForTimeout(400);
  const part = page.getByRole("tab", { name: tab ?? /^$/ });
  if (tab !== undefined && (await part.count()) > 0) await part.click();
};

/** The room of somebody who came by a link, once what is asked for was agreed to. */
const invited = (token) => async (page) => {
  await page.goto(`${BASE}/i/${token}`);
  await page.locator("form input[type=checkbox], [role=tab], [data-pane]").first().waitFor();
  for (const box of await page.locator("form input[type=checkbox]").all()) await box.check();
  if ((await page.locator("form input[type=checkbox]").count()) > 0) await page.locator("form button[type=submit]").click();
  await page.locator("[role=tab], [data-pane]").first().waitFor();
  await page.waitForTimeout(400);
};

const begin = (language) => async (page) => {
  await enter(`${language}-token`)(page);
  for (const box of await page.locator("form input[type=checkbox]").all()) await box.check();
  await page.locator("form button[type=submit]").click();
  await page.waitForSelector("textarea");
  await page.waitForFunction(() => document.querySelector("[role=log]")?.textContent !== "");
};

const answer = async (page, text) => {
  await page.locator("textarea:not([aria-hidden])").fill(text);
  await page.locator("form button[type=submit]").click();
};

const ANSWERS = {
  en: "The payments migration. We moved about 40 million ledger rows without downtime, and I wrote the job that compared both sides every ten minutes.",
  ko: "물류 센터 배차 화면을 다시 만든 일이 기억에 남습니다. 배차 확인 시간이 평균 90초에서 35초로 줄었습니다.",
  zh: "我负责过门店补货系统的重写，缺货预警从一天缩短到五分钟。",
};

const conversation = (language) => async (page) => {
  await begin(language)(page);
  const before = await page.locator("[role=log]").textContent();
  await answer(page, ANSWERS[language]);
  await page.waitForFunction((old) => document.querySelector("[role=log]").textContent !== old, before);
};

/** Every page and state: `staff` false where nobody is signed in; `language` where it is not English. */
export const PAGES = {
  ...gradingPages({ BASE, open, mock }),
  ...panelPages({ BASE, open, mock }),
  "sign-in": { staff: false, go: open("/sign-in") },
  "sign-in-wrong": {
    staff: false,
    go: async (page) => {
      await open("/sign-in")(page);
      await page.getByLabel("Email").fill("jonas@example.com");
      await page.getByLabel("Password", { exact: true }).fill("wrong");
      await page.locator("button[type=submit]").click();
      await page.waitForSelector("[role=alert]");
    },
  },
  "sign-in-locked": {
    staff: false,
    go: async (page) => {
      await open("/sign-in")(page);
      await page.getByLabel("Email").fill("locked@example.com");
      await page.getByLabel("Password", { exact: true }).fill("x");
      await page.locator("button[type=submit]").click();
      await page.waitForSelector("[role=alert]");
    },
  },
  "sign-in-link-used": { staff: false, go: open("/sign-in?link=used") },
  interviews: { go: open("/interviews") },
  "interviews-empty": { state: { list: "empty" }, go: open("/interviews") },
  "interviews-none": { go: open("/interviews?q=nobody") },
  "interviews-error": {
    state: { list: "error" },
    go: async (page) => {
      await page.goto(`${BASE}/interviews`);
      await page.waitForSelector("[role=alert]", { timeout: 20_000 });
    },
  },
  "interviews-loading": {
    state: { slow: 4000 },
    go: async (page) => {
      await page.goto(`${BASE}/interviews`);
      await page.waitForSelector("[role=search]");
    },
  },
  "interviews-offline": {
    go: async (page) => {
      await open("/interviews")(page);
      await page.context().setOffline(true);
      await page.waitForTimeout(300);
    },
  },
  "new-interview": {
    go: async (page) => {
      await open("/interviews/new")(page);
      await page.getByLabel(/^Role/).fill("Backend engineer");
      await page.getByLabel(/^Candidate/).fill("Maya Okafor");
      for (const box of (await page.locator("input[type=checkbox]").all()).slice(0, 3)) await box.check();
      await page.waitForTimeout(900);
    },
  },
  invitation: {
    go: async (page) => {
      await open("/interviews/new")(page);
      await page.getByLabel(/^Role/).fill("Backend engineer");
      await page.getByLabel(/^Candidate/).fill("Maya Okafor");
      await page.locator("form button[type=submit]").click();
      await page.waitForURL(/invite$/);
      await page.waitForLoadState("networkidle");
    },
  },
  "detail-waiting": { go: open("/interviews/s-new") },
  "detail-live": { go: open("/interviews/s-live") },
  "detail-done": { go: open("/interviews/s-done") },
  "detail-end": {
    go: async (page) => {
      await open("/interviews/s-live")(page);
      await page.getByRole("button", { name: "End interview" }).click();
      await page.waitForSelector("[role=dialog]");
      await page.waitForTimeout(300);
    },
  },
  "invitation-broken": { staff: false, go: open("/i/nothing") },
  welcome: { staff: false, go: enter("en-token") },
  "conversation-begin": { staff: false, go: begin("en") },
  conversation: { staff: false, go: conversation("en") },
  "conversation-reply": {
    staff: false,
    go: async (page) => {
      await begin("en")(page);
      await answer(page, ANSWERS.en);
      await page.waitForTimeout(950);
    },
  },
  "conversation-think": {
    staff: false,
    go: async (page) => {
      await conversation("en")(page);
      await page.getByRole("button", { name: "Let me think" }).click();
      await page.waitForTimeout(300);
    },
  },
  "conversation-reconnecting": {
    staff: false,
    go: async (page) => {
      await conversation("en")(page);
      await mock({ sockets: "refuse" });
      await page.waitForTimeout(500);
      await answer(page, "That sentence was written while the connection was gone.");
    },
  },
  "conversation-lost": {
    staff: false,
    slow: true,
    go: async (page) => {
      await conversation("en")(page);
      await mock({ sockets: "refuse" });
      await answer(page, "Kept until the connection is back.");
      await page.getByText("could not be restored").waitFor({ timeout: 60_000 });
    },
  },
  "conversation-offline": {
    staff: false,
    go: async (page) => {
      await conversation("en")(page);
      await page.context().setOffline(true);
      await page.waitForTimeout(300);
      await page.locator("textarea:not([aria-hidden])").fill("I am still writing, although");
    },
  },
  "conversation-leave": {
    staff: false,
    go: async (page) => {
      await conversation("en")(page);
      await page.getByRole("button", { name: "Leave" }).click();
      await page.getByRole("menuitem", { name: "End interview" }).click();
      await page.waitForSelector("[role=dialog]");
      await page.waitForTimeout(300);
    },
  },
  thanks: {
    staff: false,
    go: async (page) => {
      await PAGES["conversation-leave"].go(page);
      await page.getByRole("dialog").getByRole("button", { name: "End interview" }).click();
      await page.getByText("Thank you").first().waitFor();
    },
  },
  "report-sealed": { go: open("/interviews/s-sealed/report") },
  report: {
    go: async (page) => {
      await open("/interviews/s-done/report")(page);
      await page.waitForSelector("svg path[fill-opacity], figure svg");
      await page.waitForTimeout(900);
    },
  },
  "report-quote": {
    go: async (page) => {
      await open("/interviews/s-done/report")(page);
      await page.waitForTimeout(900);
      await page.getByText("it found a rounding error of half a cent").first().click();
      await page.waitForTimeout(500);
    },
    viewport: true,
  },
  "report-pending": { go: open("/interviews/s-pending/report") },
  "new-room": {
    go: async (page) => {
      await open("/rooms/new")(page);
      await page.getByLabel(/^Name/).fill("Backend engineer, second round");
      await page.getByLabel("Take questions from an earlier set").selectOption({ index: 1 });
      await page.getByText("Question 3", { exact: true }).waitFor();
      await page.locator("summary").first().click();
    },
  },
  "new-room-problem": {
    go: async (page) => {
      await open("/rooms/new")(page);
      await page.locator("form button[type=submit]").click();
    },
  },
  "room-detail": {
    go: async (page) => {
      await open("/rooms/room-new")(page);
      await page.getByLabel("Who is it for?").fill("Maya Okafor");
      await page.getByRole("button", { name: "Create link" }).click();
      await page.getByText("Link for Maya").waitFor();
    },
  },
  "room-detail-ended": { go: open("/rooms/room-ended") },
  "room-lead": { state: { help: true }, go: inRoom("/rooms/room-en/live") },
  "room-lead-empty": { go: inRoom("/rooms/room-new/live") },
  "room-lead-paused": { state: { paused: true, announcement: "The server is updated at noon. Nothing is lost." }, go: inRoom("/rooms/room-en/live") },
  "room-lead-ended": { go: inRoom("/rooms/room-ended/live") },
  "room-lead-chat": { go: inRoom("/rooms/room-en/live", "Chat") },
  "room-lead-people": { go: inRoom("/rooms/room-en/live", "People") },
  "room-lead-stop": {
    go: async (page) => {
      await inRoom("/rooms/room-en/live")(page);
      await page.getByRole("button", { name: "Emergency stop" }).click();
      await page.getByRole("button", { name: "Stop now" }).click();
      await page.waitForTimeout(300);
    },
  },
  "room-lead-offline": {
    go: async (page) => {
      await inRoom("/rooms/room-en/live", "Chat")(page);
      await page.context().setOffline(true);
      await page.waitForTimeout(300);
      await page.getByLabel("Message to the room").fill("We wait for you, no hurry.");
      await page.getByRole("button", { name: "Send message" }).click();
    },
  },
  "room-lead-reconnecting": {
    go: async (page) => {
      await inRoom("/rooms/room-en/live")(page);
      await mock({ sockets: "refuse" });
      await page.getByText("Reconnecting").first().waitFor();
    },
  },
  "room-observer": { staff: false, go: invited("room-watch") },
  "room-consent": { staff: false, go: enter("room-en") },
  "room-candidate": { staff: false, go: invited("room-en") },
  "room-candidate-waiting": { staff: false, go: invited("room-new") },
  "room-candidate-sent": {
    staff: false,
    go: async (page) => {
      await invited("room-en")(page);
      await page.getByLabel("Your answer").fill("I would measure first, then change one thing at a time.");
      await page.getByRole("button", { name: "Send answer" }).click();
      await page.getByText("Your answer has arrived").waitFor();
      await page.getByRole("button", { name: "Ask for help" }).click();
      await page.getByRole("menuitem").first().click();
      await page.getByText("The interviewers know").waitFor();
    },
  },
  "room-candidate-paused": { staff: false, state: { paused: true }, go: invited("room-en") },
  "room-candidate-offline": {
    staff: false,
    go: async (page) => {
      await invited("room-en")(page);
      await page.context().setOffline(true);
      await page.waitForTimeout(300);
      await page.getByLabel("Your answer").fill("Written without a connection.");
      await page.getByRole("button", { name: "Send answer" }).click();
      await page.waitForTimeout(200);
    },
  },
  "room-candidate-stopped": {
    staff: false,
    go: async (page) => {
      await page.goto(`${BASE}/i/room-stopped`);
      await page.locator("h1").waitFor();
      await page.waitForTimeout(500);
    },
  },
  "room-lead-ko": { language: "ko", state: { help: true }, go: inRoom("/rooms/room-ko/live") },
  "room-candidate-ko": { language: "ko", staff: false, go: invited("room-ko") },
  "room-lead-zh": { language: "zh", state: { help: true }, go: inRoom("/rooms/room-zh/live") },
  "room-candidate-zh": { language: "zh", staff: false, go: invited("room-zh") },
  "new-room-ko": { language: "ko", go: open("/rooms/new") },
  "room-detail-zh": { language: "zh", go: open("/rooms/room-zh") },
  "not-found": { go: open("/nowhere") },
  "interviews-ko": { language: "ko", go: open("/interviews") },
  "report-ko": {
    language: "ko",
    go: async (page) => {
      await open("/interviews/s-ko/report")(page);
      await page.waitForTimeout(900);
    },
  },
  "conversation-ko": { language: "ko", staff: false, go: conversation("ko") },
  "welcome-ko": { language: "ko", staff: false, go: enter("ko-token") },
  "detail-zh": { language: "zh", go: open("/interviews/s-live") },
  "welcome-zh": { language: "zh", staff: false, go: enter("zh-token") },
  "conversation-zh": { language: "zh", staff: false, go: conversation("zh") },
  "sign-in-zh": { language: "zh", staff: false, go: open("/sign-in") },
};
