/**
 * Takes an exam through its whole life in real browsers against a real server: a teacher writes it, imports 200
 * submissions and watches the batch, a marker marks, a disagreement is moderated, a student reads the result and appeals.
 * With `--scan`, which takes a server that reads scans, a printed sheet is handed in last.
 *
 *   node scripts/grading-journey.mjs --link http://127.0.0.1:8000/sign-in?link=… [--pictures folder] [--scan]
 *
 * The link is an administrator's. Exits with 1 and a sentence when a step fails.
 */

import { startBrowser } from "./browser.mjs";
import { Journey, option, step } from "./steps.mjs";

const link = option("link");
if (link === null) throw new Error("--link is missing");
const base = new URL(link).origin;
const STUDENTS = 200;
const MARKED = 3;
/** What the student answers whose result is read, and what the others do: the AI is less sure of them, so they are marked first. */
const GOOD = "Ice is less dense than water, because the crystal leaves room between the molecules.";
const HALF = "Ice is less dense than water, I think, but the rest of it I have forgotten.";

const journey = new Journey({ browser: await startBrowser(), base, language: "en", pictures: option("pictures") });

function expect(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

/** Accounts, made by the administrator, with the links by which their owners sign in. */
async function accounts(admin) {
  await admin.goto(link);
  await admin.waitForURL(/\/interviews$/);
  const { access_token: token } = await admin.evaluate(() => JSON.parse(localStorage.getItem("vivavoce.credentials.staff")));
  const make = async (name, role) => {
    const answer = await admin.request.post(`${base}/api/v1/users`, {
      headers: { Authorization: `Bearer ${token}` },
      data: { email: `${role}@example.com`, name, role },
    });
    expect(answer.status() === 201, `no account for ${name}: ${await answer.text()}`);
    return answer.json();
  };
  return { teacher: await make("Ines Duarte", "teacher"), marker: await make("Pavel Novák", "grader"), student: await make("Maya Okafor", "student") };
}

async function enter(account, width) {
  const page = await journey.person(width);
  await page.goto(account.sign_in_url.replace(/^https?:\/\/[^/]+/, base));
  await page.waitForURL(/\/(exams|results)$/);
  return page;
}

const save = async (page) => {
  await page.locator("form[data-editor] button[type=submit]").click();
  await page.locator("form[data-editor]").waitFor({ state: "detached" });
};

async function write(teacher) {
  await teacher.goto(`${base}/exams/new`);
  await teacher.getByLabel("Title").fill("Chemistry, term 1");
  await teacher.getByRole("button", { name: "Create exam" }).click();
  await teacher.getByRole("button", { name: "Add question" }).click();
  const editor = teacher.locator("form[data-editor]");
  await editor.getByRole("textbox", { name: "Question", exact: false }).first().fill("Which of these is a noble gas?");
  await editor.getByLabel("Text of option A").fill("Argon");
  await editor.getByLabel("Text of option B").fill("Nitrogen");
  await editor.getByLabel("Option A is correct").check();
  await save(teacher);

  await teacher.getByRole("button", { name: "Add question" }).click();
  await editor.getByLabel("Type").selectOption("numeric");
  await editor.getByRole("textbox", { name: "Question", exact: false }).first().fill("How many moles are 36 g of water?");
  await editor.getByLabel("Correct value").fill("2");
  await editor.getByLabel("Tolerance (±)").fill("0.05");
  await save(teacher);

  await teacher.getByRole("button", { name: "Add question" }).click();
  await editor.getByLabel("Type").selectOption("short_answer");
  await editor.getByRole("textbox", { name: "Question", exact: false }).first().fill("Why does ice float on water?");
  await editor.getByLabel("Points", { exact: true }).first().fill("2");
  await editor.getByLabel("Model answer").fill(GOOD);
  for (const [index, text] of ["Ice is less dense than water", "The crystal leaves room between the molecules"].entries()) {
    await editor.getByRole("button", { name: "Add point" }).click();
    await editor.getByLabel(`Point ${index + 1}`, { exact: true }).fill(text);
  }
  await journey.picture(teacher, "1-editor");
  await save(teacher);
  expect((await teacher.locator("main ol > li").count()) === 3, "the exam does not show its three questions");
  const id = new URL(teacher.url()).pathname.split("/")[2];
  step(`a teacher wrote exam ${id}`);
  return id;
}

/** Every free-text answer that the AI is sure of goes to a person too. */
async function settle(teacher, id, markerId) {
  await teacher.goto(`${base}/exams/${id}/settings`);
  await teacher.getByLabel("Checked by a person").fill("100");
  await teacher.getByLabel("Least confidence").fill("0");
  await teacher.getByLabel("Hidden seed items").fill("0");
  await teacher.getByRole("button", { name: "Save settings" }).click();
  await teacher.getByText("Saved.").waitFor();
  await teacher.getByLabel("User ID").fill(markerId);
  await teacher.locator("form[data-form=member] button[type=submit]").click();
  await teacher.getByText(markerId).waitFor();
  step("the marker takes part");
}

async function hand(teacher, id, studentId) {
  const rows = [["student_id", "student_name", "q1", "q2", "q3"], [studentId, "Maya Okafor", "A", "2.2", `"${GOOD}"`]];
  for (let number = 2; number <= STUDENTS; number += 1) {
    rows.push([`s${number}`, `Student ${number}`, number % 3 === 0 ? "B" : "A", number % 4 === 0 ? "3" : "2", `"${HALF}"`]);
  }
  rows.push(["s2", "Student twice", "A", "2", ""]);
  await teacher.goto(`${base}/exams/${id}/submissions`);
  await teacher.getByRole("button", { name: "Import answers" }).first().click();
  const csv = Buffer.from(rows.map((row) => row.join(",")).join("\n"));
  await teacher.locator("input[type=file]").setInputFiles({ name: "answers.csv", mimeType: "text/csv", buffer: csv });
  await teacher.locator("#import-errors").waitFor();
  const wrong = await teacher.locator("section[aria-labelledby=import-errors] tbody td").first().textContent();
  expect(wrong === String(STUDENTS + 1), `the mistake is said to be in row ${wrong}`);
  await journey.picture(teacher, "2-import");
  await teacher.getByRole("button", { name: `Import the ${STUDENTS} rows without mistakes` }).click();
  await teacher.getByText(`${STUDENTS} submissions were imported.`).waitFor();
  step(`imported ${STUDENTS} submissions; row ${wrong} was refused`);
}

async function grade(teacher, id) {
  await teacher.goto(`${base}/exams/${id}/batches`);
  await teacher.getByRole("button", { name: "Start", exact: true }).click();
  await teacher.waitForURL(/\/batches\/[^/]+$/);
  const bar = teacher.getByRole("progressbar");
  await bar.waitFor();
  const seen = [];
  await teacher.exposeFunction("noteProgress", (value) => seen.push(value));
  await bar.evaluate((element) => {
    const note = () => window.noteProgress(Number(element.getAttribute("aria-valuenow")));
    note();
    new MutationObserver(note).observe(element, { attributes: true, attributeFilter: ["aria-valuenow"] });
  });
  await journey.picture(teacher, "3-batch");
  await teacher.locator("[data-batch=completed]").waitFor({ timeout: 90_000 });
  await journey.picture(teacher, "4-batch-done");
  expect(seen.every((value, at) => at === 0 || value >= seen[at - 1]), `the progress went backwards: ${seen}`);
  const done = await bar.getAttribute("aria-valuetext");
  expect(done === `${STUDENTS * 3} of ${STUDENTS * 3} responses`, `the batch says ${done}`);
  step(`watched the batch: ${done}, ${seen.length} steps, never backwards`);
}

/** With the keyboard alone: a digit, then the key that hands in. */
async function mark(marker, id) {
  await marker.goto(`${base}/exams/${id}/marking`);
  const task = marker.locator("form[data-task]");
  for (let number = 0; number < MARKED; number += 1) {
    await task.waitFor();
    const taskId = await task.getAttribute("data-task");
    if (number === 0) {
      await marker.getByLabel("Comment for the student").fill("half a thought");
      await marker.reload();
      await task.waitFor();
      const kept = await marker.getByLabel("Comment for the student").inputValue();
      expect(kept === "half a thought", "the marker's draft was lost");
      await marker.locator("form[data-task] h2").focus();
      await journey.picture(marker, "5-marking");
    }
    await marker.keyboard.press("0");
    await marker.keyboard.press("Control+Enter");
    await marker.waitForFunction((before) => document.querySelector("form[data-task]")?.dataset.task !== before, taskId);
  }
  step(`a marker marked ${MARKED} responses with the keyboard`);
}

async function moderate(teacher, id) {
  await teacher.goto(`${base}/exams/${id}/marking`);
  await teacher.getByRole("link", { name: "To the disagreements" }).click();
  const cases = teacher.locator("[data-disagreement]");
  await cases.first().waitFor();
  const before = await cases.count();
  await journey.picture(teacher, "6-moderation");
  const first = cases.first();
  await first.getByRole("radio", { name: "1" }).check();
  await first.getByLabel("Reason (kept on record)").fill("The first point of the rubric is there.");
  await first.getByRole("button", { name: "Decide" }).click();
  await teacher.waitForFunction((count) => document.querySelectorAll("[data-disagreement]").length < count, before);
  step(`moderated one of ${before} disagreements`);
  await teacher.goto(`${base}/exams/${id}/quality`);
  await teacher.locator("[data-metric=accuracyRate]").waitFor();
  await journey.picture(teacher, "7-quality");
  const accuracy = await teacher.locator("[data-metric=accuracyRate] span").first().textContent();
  expect(/%$/.test(accuracy), `the monitor shows no accuracy after double marking: ${accuracy}`);
  step(`the monitor says: AI accuracy ${accuracy}`);
}

async function release(teacher, id) {
  await teacher.goto(`${base}/exams/${id}/results`);
  await teacher.getByRole("button", { name: "Release results" }).click();
  await teacher.getByRole("dialog").getByRole("button", { name: "Release results" }).click();
  await teacher.getByText("Students see their results and may appeal.").waitFor();
  await journey.picture(teacher, "8-results");
  step("released the results");
}

async function read(student) {
  await student.reload();
  await student.getByRole("link", { name: "Chemistry, term 1" }).click();
  const quoted = student.locator("[data-response]").nth(2).locator("mark");
  await quoted.first().waitFor();
  const answer = student.locator("[data-response]").nth(1);
  await answer.getByRole("button", { name: /^Appeal/ }).click();
  await answer.getByRole("textbox").fill("I rounded 36 divided by 16, as the table in the book does.");
  await answer.getByRole("button", { name: "Send appeal" }).click();
  await answer.getByText("Open").waitFor();
  await journey.picture(student, "9-result");
  step(`the student read the result (${(await quoted.first().textContent()).slice(0, 40)}…) and appealed`);
}

async function answer(teacher, student, id) {
  await teacher.goto(`${base}/exams/${id}/appeals`);
  await teacher.getByRole("button", { name: "Look into it" }).click();
  await teacher.getByLabel("Answer to the student").fill("You are right: the book rounds like that.");
  await teacher.getByRole("radio", { name: "1" }).check();
  await journey.picture(teacher, "10-appeal");
  await teacher.getByRole("button", { name: "Answer and change the grade" }).click();
  await teacher.locator("[data-appeal=upheld]").waitFor();
  await student.reload();
  await student.getByText("You are right: the book rounds like that.").waitFor();
  await student.locator("[data-response]").nth(1).getByText("1 / 1").waitFor();
  await journey.picture(student, "11-answered");
  step("a person answered, and the student sees it");
}

/** A filled-in sheet: two circles of which the first is ticked, and two printed answers. */
async function sheet(page) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1240, height: 1754 });
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, 1240, 1754);
    [0.29, 0.71].forEach((x, option) => {
      paper.beginPath();
      paper.arc(x * 1240, 0.11 * 1754, 19, 0, 7);
      paper.lineWidth = 2;
      paper.strokeStyle = "#333";
      paper.stroke();
      paper.fillStyle = "#222";
      if (option === 0) paper.fill();
    });
    paper.font = "34px sans-serif";
    paper.fillText("2 mol", 160, 360);
    paper.fillText("Ice is less dense than water.", 160, 620);
    return canvas.toDataURL("image/png");
  });
  return Buffer.from(url.split(",")[1], "base64");
}

const shares = async (box) => (await box.getAttribute("aria-label")).match(/\d+/g).map(Number);

/** By the button, by the keyboard and by the mouse: where each question is answered. */
async function place(teacher, id, file) {
  await teacher.goto(`${base}/exams/${id}/sheet`);
  await teacher.locator("input[type=file]").setInputFiles(file);
  const paper = teacher.getByRole("group", { name: "Page 1 of the sheet" });
  await paper.locator("img").waitFor();
  await teacher.getByRole("button", { name: "Place q1 here by itself" }).click();
  const first = paper.getByRole("button", { name: /^Question q1/ });
  const before = await shares(first);
  await first.focus();
  for (const key of ["ArrowDown", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowRight"]) await teacher.keyboard.press(key);
  const after = await shares(first);
  // Shares of the label: the question's number, left, top, width, height.
  expect(after[2] > before[2] && after[3] > before[3], `keys changed ${before} to ${after}`);
  for (const key of ["ArrowUp", "ArrowUp"]) await teacher.keyboard.press(key);
  const area = await paper.boundingBox();
  for (const [number, top, bottom] of [[2, 0.16, 0.25], [3, 0.3, 0.42]]) {
    await teacher.getByRole("button", { name: new RegExp(`^q${number}`) }).click();
    await teacher.mouse.move(area.x + area.width * 0.08, area.y + area.height * top);
    await teacher.mouse.down();
    await teacher.mouse.move(area.x + area.width * 0.9, area.y + area.height * bottom, { steps: 4 });
    await teacher.mouse.up();
  }
  await journey.picture(teacher, "12-places");
  await teacher.getByRole("button", { name: "Save 3 places" }).click();
  await teacher.getByText("The places are saved.").waitFor();
  step("placed the questions on the sheet");
}

async function scan(teacher, id) {
  const file = { name: "scanned-student.png", mimeType: "image/png", buffer: await sheet(teacher) };
  await place(teacher, id, file);
  await teacher.getByRole("link", { name: "Scanned sheets" }).click();
  await teacher.getByRole("heading", { name: "Hand in sheets" }).waitFor();
  await teacher.locator("input[type=file]").setInputFiles(file);
  await teacher.getByRole("button", { name: "Hand in 1 file" }).click();
  await teacher.locator("[data-scan=read]").waitFor({ timeout: 60_000 });
  await teacher.getByRole("button", { name: "Show what was read of scanned-student" }).click();
  const ticked = teacher.locator("[data-reading=q1]");
  await ticked.locator("img").waitFor();
  expect((await ticked.locator("p").last().textContent()) === "A", `read ${await ticked.textContent()}`);
  await journey.picture(teacher, "13-scan");
  step("handed in a printed sheet and saw what was read of it");
}

await journey.run(async () => {
  const people = await accounts(await journey.person(1440));
  const teacher = await enter(people.teacher, 1440);
  const marker = await enter(people.marker, 1440);
  const student = await enter(people.student, 390);
  const id = await write(teacher);
  await settle(teacher, id, people.marker.user_id);
  await hand(teacher, id, people.student.user_id);
  await grade(teacher, id);
  await mark(marker, id);
  await moderate(teacher, id);
  await release(teacher, id);
  await read(student);
  await answer(teacher, student, id);
  if (process.argv.includes("--scan")) await scan(teacher, id);
});
