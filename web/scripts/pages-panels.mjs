/** The pages and states of panels and rubrics, with the way to reach each. */

export function panelPages({ BASE, open, mock }) {
  const live = (id, tab) => async (page) => {
    await page.goto(`${BASE}/panels/${id}`);
    await page.locator("[role=tab], [data-pane]").first().waitFor();
    await page.waitForTimeout(500);
    const part = page.getByRole("tab", { name: tab ?? /^$/ });
    if (tab !== undefined && (await part.count()) > 0) await part.click();
  };
  const asked = (token) => async (page) => {
    await page.goto(`${BASE}/i/${token}`);
    await page.waitForSelector("form input[type=checkbox]");
  };
  const agreed = (token) => async (page) => {
    await asked(token)(page);
    for (const box of await page.locator("form input[type=checkbox]").all()) await box.check();
    await page.locator("form button[type=submit]").click();
    await page.locator("[role=log]").waitFor();
    await page.waitForTimeout(400);
  };
  const report = (id) => async (page) => {
    await open(`/panels/${id}/report`)(page);
    await page.locator("main ol li header").first().waitFor();
    await page.waitForTimeout(500);
  };
  const each = (name, page) =>
    Object.fromEntries(["en", "ko", "zh"].map((language) => [language === "en" ? name : `${name}-${language}`, { language, ...page(language) }]));
  return {
    "new-panel": {
      go: async (page) => {
        await open("/panels/new")(page);
        await page.getByLabel(/^Name/).fill("Platform engineers, group interview");
        await page.getByLabel("Candidate 1", { exact: true }).fill("Ada Byron");
      },
    },
    ...each("panel", (language) => ({ go: live(`panel-${language}`) })),
    "panel-empty": { go: live("panel-new") },
    "panel-loading": {
      state: { slow: 4000 },
      go: async (page) => {
        await page.goto(`${BASE}/panels/panel-en`);
        await page.waitForTimeout(900);
      },
    },
    "panel-error": {
      state: { session: "error" },
      go: async (page) => {
        await page.goto(`${BASE}/panels/panel-en`);
        await page.waitForSelector("[role=alert]", { timeout: 20_000 });
      },
    },
    "panel-offline": {
      go: async (page) => {
        await live("panel-en")(page);
        await page.context().setOffline(true);
        await page.waitForTimeout(400);
      },
    },
    "panel-reconnecting": {
      go: async (page) => {
        await live("panel-en")(page);
        await mock({ sockets: "refuse" });
        await page.getByText("Reconnecting").first().waitFor();
      },
    },
    "panel-sealed": { go: live("panel-sealed", /Candidates/) },
    "panel-declined": { go: live("panel-declined", /Candidates/) },
    "panel-notes": { go: live("panel-en", /Notes/) },
    "panel-invite": { go: live("panel-en", /Invite/) },
    "panel-ended": { go: live("panel-ended") },
    ...each("panel-consent", (language) => ({ staff: false, go: asked(`panel-${language}`) })),
    "panel-decline": {
      staff: false,
      go: async (page) => {
        await asked("panel-en")(page);
        await page.getByRole("button", { name: "I'd rather not take part" }).click();
        await page.waitForSelector("[role=dialog]");
        await page.waitForTimeout(300);
      },
    },
    "panel-left": {
      staff: false,
      go: async (page) => {
        await asked("panel-en")(page);
        await page.getByRole("button", { name: "I'd rather not take part" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Do not take part" }).click();
        await page.getByRole("heading", { name: "You do not take part" }).waitFor();
      },
    },
    "panel-candidate": { staff: false, go: agreed("panel-en") },
    ...each("panel-report", (language) => ({ go: report(language === "en" ? "panel-ended" : `panel-ended-${language}`) })),
    "panel-report-sealed": { go: report("panel-ended-sealed") },
    rubrics: { go: open("/rubrics") },
    "rubrics-error": {
      state: { rubrics: "error" },
      go: async (page) => {
        await page.goto(`${BASE}/rubrics`);
        await page.waitForSelector("[role=alert]", { timeout: 20_000 });
      },
    },
    ...each("rubric", () => ({ go: open("/rubrics/own-1") })),
    "rubric-built-in": { go: open("/rubrics/panel") },
    "rubric-new": {
      go: async (page) => {
        await open("/rubrics/new")(page);
        await page.locator("form button[type=submit]").click();
        await page.waitForTimeout(300);
      },
    },
  };
}
