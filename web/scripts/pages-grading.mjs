/** The pages and states of exams, marking and results, with the way to reach each. */

export function gradingPages({ BASE, open, mock }) {
  const teacher = { staff: "teacher" };
  const exam = (part, language = "en", ready = "h2") => ({
    ...teacher,
    language,
    go: async (page) => {
      await open(`/exams/exam-${language}${part}`)(page);
      await page.locator(ready).first().waitFor();
      await page.waitForTimeout(300);
    },
  });
  const inLanguages = (name, part, ready) =>
    Object.fromEntries(["en", "ko", "zh"].map((language) => [language === "en" ? name : `${name}-${language}`, exam(part, language, ready)]));
  const editor = (language) => ({
    ...teacher,
    language,
    go: async (page) => {
      await open(`/exams/exam-${language}`)(page);
      await page.locator("main ol > li button").nth(2).click();
      await page.locator("form[data-editor]").waitFor();
    },
  });
  const importing = (language) => ({
    ...teacher,
    language,
    go: async (page) => {
      await open(`/exams/exam-${language}/submissions`)(page);
      await page.locator("main section button").first().click();
      await page.locator("input[type=file]").setInputFiles({ name: "answers.csv", mimeType: "text/csv", buffer: Buffer.from("student_id,q1\ns1,A\n") });
      await page.locator("#import-preview").waitFor();
    },
  });
  const reading = (language) => ({
    ...teacher,
    language,
    go: async (page) => {
      await open(`/exams/exam-${language}/scans`)(page);
      await page.locator("[data-scan=read]").nth(1).getByRole("button").first().click();
      await page.locator("[data-reading] img").first().waitFor();
      await page.waitForTimeout(300);
    },
  });
  const SHEET = { name: "sheet.png", mimeType: "image/png", buffer: Buffer.from("a sheet") };
  const placing = (language) => ({
    ...teacher,
    language,
    state: { unplaced: 1 },
    go: async (page) => {
      await open(`/exams/exam-${language}/sheet`)(page);
      await page.locator("input[type=file]").setInputFiles(SHEET);
      await page.locator("[role=group] img").waitFor();
      await page.locator("ol button").first().click();
      await page.waitForTimeout(300);
    },
  });
  const batch = (language) => exam(`/batches/batch-run-${language}`, language, "[role=progressbar]");
  const student = (language) => ({
    staff: "student",
    language,
    go: async (page) => {
      await open(`/results/exam-${language}`)(page);
      await page.locator("[data-response]").first().waitFor();
      await page.locator("[data-response]").nth(1).getByRole("button").click();
    },
  });
  return {
    exams: { ...teacher, go: open("/exams") },
    "exams-empty": { ...teacher, state: { list: "empty" }, go: open("/exams") },
    "exams-offline": {
      ...teacher,
      go: async (page) => {
        await open("/exams")(page);
        await page.context().setOffline(true);
        await page.waitForTimeout(300);
      },
    },
    "exams-loading": {
      ...teacher,
      state: { slow: 4000 },
      go: async (page) => {
        await page.goto(`${BASE}/exams`);
        await page.waitForSelector("[role=search]");
      },
    },
    "new-exam": {
      ...teacher,
      go: async (page) => {
        await open("/exams/new")(page);
        await page.locator("form button[type=submit]").click();
      },
    },
    "exam-empty": { ...teacher, go: open("/exams/exam-new") },
    ...inLanguages("exam", ""),
    "exam-editor": editor("en"),
    "exam-editor-ko": editor("ko"),
    "exam-editor-zh": editor("zh"),
    ...inLanguages("exam-submissions", "/submissions"),
    "exam-import": importing("en"),
    "exam-import-ko": importing("ko"),
    "exam-import-zh": importing("zh"),
    ...inLanguages("exam-scans", "/scans", "[data-scan]"),
    "exam-scans-empty": { ...teacher, state: { list: "empty" }, go: open("/exams/exam-en/scans") },
    "exam-scans-unplaced": { ...teacher, state: { list: "empty", unplaced: 2 }, go: open("/exams/exam-en/scans") },
    "exam-scans-staged": {
      ...teacher,
      state: { list: "empty" },
      go: async (page) => {
        await open("/exams/exam-en/scans")(page);
        const files = ["student-07.pdf", "student-08.png", "photo.heic", ".pdf"].map((name) => ({ ...SHEET, name }));
        await page.locator("input[type=file]").setInputFiles(files);
        await page.context().setOffline(true);
        await page.locator("main section section button").last().click();
        await page.getByRole("alert").first().waitFor();
        await page.waitForTimeout(300);
      },
    },
    "exam-scans-loading": {
      ...teacher,
      state: { slow: 4000 },
      go: async (page) => {
        await page.goto(`${BASE}/exams/exam-en/scans`);
        await page.locator("#scans").waitFor();
      },
    },
    "exam-scans-error": {
      ...teacher,
      go: async (page) => {
        await open("/exams/exam-en/submissions")(page);
        await mock({ list: "error" });
        await page.getByRole("link", { name: "Scanned sheets" }).click();
        await page.getByRole("alert").waitFor();
      },
    },
    "exam-scans-read": reading("en"),
    "exam-scans-read-ko": reading("ko"),
    "exam-scans-read-zh": reading("zh"),
    "exam-sheet": placing("en"),
    "exam-sheet-ko": placing("ko"),
    "exam-sheet-zh": placing("zh"),
    "exam-sheet-empty": { ...teacher, go: open("/exams/exam-new/sheet") },
    ...inLanguages("exam-settings", "/settings"),
    ...inLanguages("exam-batches", "/batches"),
    "exam-batch": batch("en"),
    "exam-batch-ko": batch("ko"),
    "exam-batch-zh": batch("zh"),
    "exam-batch-lost": {
      ...teacher,
      go: async (page) => {
        await batch("en").go(page);
        await mock({ sockets: "refuse" });
        await page.waitForTimeout(500);
      },
    },
    ...inLanguages("exam-marking", "/marking", "form[data-task]"),
    "exam-marking-none": { ...teacher, go: open("/exams/exam-new/marking") },
    ...inLanguages("exam-moderation", "/moderation", "[data-disagreement]"),
    ...inLanguages("exam-submission", "/submissions/sub-0", "main ol"),
    ...inLanguages("exam-quality", "/quality", "[data-metric]"),
    "exam-quality-none": { ...teacher, go: open("/exams/exam-new/quality") },
    ...inLanguages("exam-appeals", "/appeals", "[data-appeal]"),
    ...inLanguages("exam-results", "/results", "main table"),
    "my-results": { staff: "student", go: open("/results") },
    "my-results-empty": { staff: "student", state: { list: "empty" }, go: open("/results") },
    "my-result": student("en"),
    "my-result-ko": student("ko"),
    "my-result-zh": student("zh"),
  };
}
