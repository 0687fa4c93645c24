/** A sample panel for developing and for screenshots, in three languages: who says what, and what it is judged to show. */

/** Speaker, the second it begins, how long it takes, the text. */
const TALKS = {
  en: {
    title: "Platform engineers, group interview",
    people: ["Jonas Feld", "Sam Lee", "Ada Byron", "Noor Haddad", "Tomas Herrera"],
    observer: "Iris Blom",
    lines: [
      [0, 4, 9, "Good morning everybody. Could you tell us about something technical that you improved?"],
      [2, 15, 19, "Last year our checkout took four seconds. I traced it to a missing index, because every order scanned two million rows, and after I added a composite index p95 fell from 4 s to 180 ms."],
      [3, 36, 12, "I mostly write frontends, so for me it was the list of orders; I made it load in pages and it felt much faster."],
      [1, 50, 6, "How did you know that it was faster?"],
      [3, 57, 8, "I asked two colleagues, and they said so."],
      [2, 64, 5, "We had a dashboard for that.", { uncertain: true, overlapped: true, attribution: 0.48 }],
      [0, 71, 7, "And what did you learn when something went wrong?"],
      [2, 80, 14, "I broke the nightly import once. I wrote down what happened the same evening, added a check before the import, and showed it to the other teams on Friday."],
    ],
    hearing: [4, 97, 104, "For us it was the release train, I kept a checklist of"],
    notes: [[2, "Named a figure without being asked.", "Jonas Feld", 38], [3, "No measurement yet; ask again.", "Sam Lee", 66]],
    quote: "after I added a composite index p95 fell from 4 s to 180 ms",
    quote2: "I wrote down what happened the same evening",
    feedback: ["Names the cause and the figure that shows it.", "Owns a mistake and what followed from it.", "Says what was done; a figure would show how much it helped."],
    criteria: ["Technical skill", "Experience", "Character", "Motivation"],
    anchor: "Explains a cause, a choice and what it changed.",
    rubric: "Platform engineers, autumn",
  },
  ko: {
    title: "플랫폼 개발자 다대다 면접",
    people: ["박지훈", "이수민", "김민서", "한지우", "최도윤"],
    observer: "정하늘",
    lines: [
      [0, 4, 8, "안녕하세요. 기술적으로 개선한 경험을 말씀해 주시겠어요?"],
      [2, 14, 18, "작년에 주문 조회가 4초 걸렸습니다. 인덱스가 없어서 주문마다 이백만 행을 읽는 것을 확인했고, 복합 인덱스를 추가해 0.2초로 줄였습니다."],
      [3, 34, 10, "저는 화면을 주로 만드는데, 주문 목록을 나누어 불러오도록 바꾸었습니다."],
      [1, 47, 5, "얼마나 빨라졌는지 어떻게 확인하셨나요?"],
      [3, 54, 6, "동료 두 분께 여쭤보았습니다."],
      [2, 59, 4, "저희는 대시보드로 보았습니다.", { uncertain: true, overlapped: true, attribution: 0.48 }],
      [0, 66, 6, "문제가 생겼을 때 무엇을 배우셨나요?"],
      [2, 74, 13, "야간 적재를 멈추게 한 적이 있습니다. 그날 저녁에 경과를 적고, 적재 전에 확인하는 절차를 추가해 다른 팀에도 알렸습니다."],
    ],
    hearing: [4, 90, 96, "저희는 배포 일정이 문제였는데 제가 점검표를"],
    notes: [[2, "묻지 않았는데도 수치를 말함.", "박지훈", 36], [3, "아직 측정이 없음. 다시 물을 것.", "이수민", 62]],
    quote: "복합 인덱스를 추가해 0.2초로 줄였습니다",
    quote2: "그날 저녁에 경과를 적고",
    feedback: ["원인과 결과 수치를 함께 말했습니다.", "실수를 인정하고 그 뒤의 조치를 설명했습니다.", "무엇을 했는지는 말했지만 효과의 크기가 없습니다."],
    criteria: ["기술 역량", "경험", "인성", "동기"],
    anchor: "원인과 선택, 그리고 달라진 점을 설명한다.",
    rubric: "플랫폼 개발자, 가을",
  },
  zh: {
    title: "平台工程师群面",
    people: ["陈立", "周岚", "林晓", "何嘉", "徐帆"],
    observer: "沈悦",
    lines: [
      [0, 4, 7, "大家好。请谈谈你们做过的一项技术改进。"],
      [2, 13, 18, "去年我们的结算要四秒。我查到是缺少索引，每个订单都要扫描两百万行，加上联合索引之后降到了零点二秒。"],
      [3, 33, 9, "我主要写前端，把订单列表改成了分页加载，感觉快了很多。"],
      [1, 45, 5, "您怎么知道它变快了呢？"],
      [3, 52, 5, "我问了两位同事，他们都这么说。"],
      [2, 56, 4, "我们有监控看板。", { uncertain: true, overlapped: true, attribution: 0.48 }],
      [0, 63, 6, "出问题的时候你们学到了什么？"],
      [2, 71, 12, "我有一次让夜间导入中断了。当天晚上我写下了经过，在导入之前加了一道检查，并告诉了其他团队。"],
    ],
    hearing: [4, 86, 92, "我们的问题是发布，我整理了一份检查清单"],
    notes: [[2, "没有被问到就给出了数字。", "陈立", 35], [3, "还没有衡量，之后再问。", "周岚", 60]],
    quote: "加上联合索引之后降到了零点二秒",
    quote2: "当天晚上我写下了经过",
    feedback: ["说明了原因，也给出了数字。", "承认了失误并说明了之后的做法。", "说了做了什么，但没有说明效果有多大。"],
    criteria: ["专业能力", "经验", "品格", "动机"],
    anchor: "能说明原因、选择以及带来的变化。",
    rubric: "平台工程师，秋季",
  },
};

const IDS = ["user:u-1", "person_9", "person_1", "person_2", "speaker_5"];
const ROLES = ["interviewer", "interviewer", "candidate", "candidate", "unknown"];
const LABELS = ["면접관_1", "면접관_2", "지원자_1", "지원자_2", "화자_1"];
export const CRITERIA = ["technical", "experience", "character", "motivation"];

export const speakersOf = (language) =>
  IDS.map((speaker_id, index) => ({
    speaker_id,
    label: LABELS[index],
    name: index === 4 ? "" : TALKS[language].people[index],
    speaker: index === 4 ? LABELS[index] : TALKS[language].people[index],
    role: ROLES[index],
    participant_id: index === 0 ? "u-1" : "",
    withdrew: false,
  }));

export const transcriptsOf = (language) =>
  TALKS[language].lines.map(([who, start, length, text, more = {}], index) => ({
    utterance_id: `u${index + 1}`,
    speaker: speakersOf(language)[who].speaker,
    speaker_id: IDS[who],
    role: ROLES[who],
    text,
    start,
    end: start + length,
    confidence: 0.9,
    attribution: 0.92,
    uncertain: false,
    overlapped: false,
    recording_id: "r1",
    audio_start: start,
    audio_end: start + length,
    flag: null,
    seq: index + 3,
    ...more,
  }));

export function hearingOf(language) {
  const [who, start, end, text] = TALKS[language].hearing;
  return { type: "partial", text, language, user_id: "u-1", recording_id: "r1", speaker: null, speaker_id: IDS[who], start, end, audio_start: start, audio_end: end };
}

const quoted = (language, utterance_id, quote) => {
  const { text } = transcriptsOf(language).find((item) => item.utterance_id === utterance_id);
  const start = text.indexOf(quote);
  return { utterance_id, quote, start, end: start + quote.length };
};

/** One candidate's scores: of the strong one three criteria, of the other one. */
function criteriaOf(language, strong, sealed) {
  const texts = TALKS[language];
  const found = strong
    ? [[4.1, quoted(language, "u2", texts.quote), texts.feedback[0]], [3.6, quoted(language, "u2", texts.quote), texts.feedback[0]], [3.9, quoted(language, "u8", texts.quote2), texts.feedback[1]], null]
    : [[2.3, quoted(language, "u3", transcriptsOf(language)[2].text), texts.feedback[2]], null, null, null];
  return CRITERIA.map((criterion_id, index) => {
    const [score, evidence, feedback] = found[index] ?? [null, null, null];
    const shown = !sealed && score !== null;
    return {
      criterion_id,
      name: texts.criteria[index],
      verdict: sealed ? null : score === null ? "insufficient_evidence" : "scored",
      score: shown ? score : null,
      level: shown ? Math.round(score) : null,
      anchor: shown ? texts.anchor : null,
      confidence: shown ? 0.6 : null,
      rationale: shown ? feedback : null,
      feedback: shown ? feedback : null,
      keywords: [],
      evidence: shown ? [evidence] : [],
    };
  });
}

export function evaluationsOf(language, sealed) {
  const strong = [[30, 3.4], [60, 3.7], [90, 3.9]];
  const weak = [[60, 2.5], [90, 2.3]];
  const item = (speaker_id, at_s, score, isStrong) => ({
    speaker_id,
    at_s,
    final: false,
    sealed,
    score: sealed ? null : score,
    feedback: null,
    keywords: [],
    criteria: criteriaOf(language, isStrong, sealed),
  });
  return [...strong.map(([at, score]) => item("person_1", at, score, true)), ...weak.map(([at, score]) => item("person_2", at, score, false))];
}

export const notesOf = (language) =>
  TALKS[language].notes.map(([who, note, author, at_s], index) => ({
    note_id: `n${index + 1}`,
    note,
    speaker_id: IDS[who],
    author,
    author_id: index === 0 ? "u-1" : "u-2",
    at_s,
  }));

const localised = (texts) => ({ ...texts });
const level = (number) => ({ en: `Level ${number}: says what was done${number > 2 ? ", why, and what it changed" : ""}.`, ko: `${number}단계: 무엇을 했는지 말한다${number > 2 ? ". 이유와 결과도 말한다" : ""}.`, zh: `第 ${number} 级：说明做了什么${number > 2 ? "，以及原因和结果" : ""}。` });

const rubricOf = (rubric_id, title, built_in) => ({
  rubric_id,
  version: built_in ? "1" : "3",
  title,
  languages: ["en", "ko", "zh"],
  criteria: CRITERIA.map((criterion_id, index) => ({
    criterion_id,
    name: localised({ en: TALKS.en.criteria[index], ko: TALKS.ko.criteria[index], zh: TALKS.zh.criteria[index] }),
    description: { en: "" },
    levels: [1, 2, 3, 4, 5].map(level),
    weight: index === 0 ? 2 : 1,
    keywords: index === 0 ? ["index", "p95"] : [],
  })),
  built_in,
  updated_at: built_in ? null : new Date(Date.now() - 86_400_000).toISOString(),
});

export const RUBRICS = [rubricOf("panel", "Panel", true), rubricOf("own-1", TALKS.en.rubric, false)];

export const titleOf = (language) => TALKS[language].title;
export const observerOf = (language) => TALKS[language].observer;
export const candidateOf = (language) => TALKS[language].people[2];

const stats = (utterances, talk_time, share, words, questions, interruptions, interrupted) => ({ utterances, talk_time, share, words, questions, interruptions, interrupted });

/** The report of the panel, once it is over. */
export function panelReport(session, sealed, cards) {
  const { language } = session;
  const texts = TALKS[language];
  const scorecard = (strong) => ({
    subject: strong ? "person_1" : "person_2",
    language,
    criteria: criteriaOf(language, strong, sealed),
    overall: sealed ? null : strong ? 3.9 : 2.3,
    strengths: sealed ? [] : [texts.feedback[0]],
    gaps: [],
    produced_by: { engine: "rule", version: "1", model: "", prompt: "", rubric_id: "panel", rubric_version: "1" },
  });
  const candidate = (strong) => ({
    speaker_id: strong ? "person_1" : "person_2",
    speaker: texts.people[strong ? 2 : 3],
    sealed,
    scorecard: scorecard(strong),
    history: [30, 60, 90].map((at_s, index) => ({ at_s, final: index === 2, overall: sealed ? null : strong ? 3.4 + index * 0.25 : 2.5 - index * 0.1, scores: {} })),
    own_scorecards: strong ? cards : [],
    differences: strong && cards.length > 0 ? CRITERIA.map((criterion_id) => ({ criterion_id, ai: 4, human: 3, delta: -1 })) : [],
    adjudication: null,
  });
  return {
    kind: "panel",
    session_id: session.session_id,
    generated_at: session.ended_at,
    language,
    visibility: session.evaluation_visibility,
    sealed,
    summary: { role: texts.title, started_at: session.started_at, ended_at: session.ended_at, duration_s: 104, questions_asked: 3, answers: 5, words: 128, coverage: { planned: 3, covered: 3, ratio: 1 } },
    rubric: {
      rubric_id: "panel",
      version: "1",
      language,
      criteria: CRITERIA.map((criterion_id, index) => ({ criterion_id, name: texts.criteria[index], description: "", levels: [1, 2, 3, 4, 5].map((number) => ({ level: number, anchor: level(number)[language] })), weight: 1 })),
    },
    speakers: [
      { ...speakersOf(language)[0], stats: stats(2, 16, 0.2, 26, 2, 0, 0) },
      { ...speakersOf(language)[1], stats: stats(1, 6, 0.08, 9, 1, 0, 0) },
      { ...speakersOf(language)[2], stats: stats(3, 38, 0.48, 72, 0, 1, 0) },
      { ...speakersOf(language)[3], stats: stats(2, 20, 0.24, 33, 0, 0, 1) },
    ],
    candidates: [candidate(true), candidate(false)],
    questions: transcriptsOf(language)
      .filter(({ role }) => role === "interviewer")
      .map(({ utterance_id, text, start, speaker }, index) => ({ utterance_id, text, at_s: start, asked_by: speaker, answered_by: index === 1 ? [texts.people[3]] : [texts.people[2], texts.people[3]] })),
    transcript: transcriptsOf(language).map((line) => ({ ...line, audio: [{ recording_id: "r1", start_s: line.start, end_s: line.end, at: 0, length: line.text.length, words: [] }] })),
    notes: notesOf(language).map((note, index) => ({ ...note, speaker: texts.people[index + 2] })),
    notices: [],
  };
}
