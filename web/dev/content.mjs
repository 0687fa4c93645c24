/** Sample interviews for developing and for screenshots, in three languages. */

const evidence = (utterances, id, quote) => {
  const text = utterances.find((item) => item.utterance_id === id).text;
  const at = text.indexOf(quote);
  if (at < 0) throw new Error(`not word for word: ${quote}`);
  const start = Array.from(text.slice(0, at)).length;
  return { utterance_id: id, quote, start, end: start + Array.from(quote).length };
};

const talk = (lines) =>
  lines.map(([speaker, start, text, competency = "", move = null], index) => ({
    utterance_id: `u${index + 1}`,
    speaker,
    text,
    start,
    end: start + Math.round(Array.from(text).length / 6),
    confidence: null,
    question_id: move === null ? null : `q${index + 1}`,
    in_answer_to: "",
    competency,
    move,
  }));

const EN = talk([
  ["interviewer", 2, "Hello Maya, thank you for making the time. I will ask about your work as a backend engineer, one question at a time. To begin: which piece of work from the last two years are you proudest of?", "", ["opening", "Opens with something the candidate chooses, so that she can start on firm ground."]],
  ["candidate", 41, "The payments migration. We moved about 40 million ledger rows from one database to another without downtime. I wrote the dual-write layer and the reconciliation job that compared both sides every ten minutes, and I kept a runbook that anybody on call could follow.", "technical_depth"],
  ["interviewer", 95, "You said that the reconciliation job compared both sides every ten minutes. What did it do when they disagreed?", "technical_depth", ["deep_dive", "The answer names a mechanism; how it handles failure shows depth."]],
  ["candidate", 151, "It froze the account in question, wrote both versions to an audit table and paged us only when more than five accounts disagreed in an hour. In the first week it found a rounding error of half a cent in refunds, which we traced to a float in the old service. After the fix we replayed nine days of refunds and the difference went to zero.", "technical_depth"],
  ["interviewer", 240, "If you had to design that migration for ten times the rows and half the time, what would you change first?", "system_design", ["challenge", "Pushes on the limits of the design she described."]],
  ["candidate", 318, "I would stop comparing row by row. I would hash ranges of a thousand accounts on both sides and only open the ranges that differ, so the cost follows the number of differences and not the number of rows. And I would cut over by region, because one region failing is something we can roll back over lunch.", "system_design"],
  ["interviewer", 402, "Tell me about a disagreement with a colleague during that time.", "teamwork", ["pivot", "Teamwork is planned and has not been covered."]],
  ["candidate", 466, "Our analyst wanted to freeze reporting for a month. I thought that was too long. We sat down with the two people who actually read the reports, found out that only three of them mattered during the month, and kept those three alive. She wrote the queries, I reviewed them.", "teamwork"],
  ["interviewer", 541, "How do you decide what to learn next?", "learning", ["pivot", "Learning is planned; there is time for one more area."]],
  ["candidate", 570, "I mostly follow what comes up.", "learning"],
  ["interviewer", 592, "That is fine. Is there one thing you picked up this year, and what made you start?", "learning", ["encourage", "The answer was short; an example may come more easily."]],
  ["candidate", 630, "Not really, it has been a busy year.", "learning"],
  ["interviewer", 655, "Thank you, Maya. That was all from my side. The people who invited you will read your answers and be in touch.", "", ["wrap_up", "The plan is covered and the time is nearly up."]],
]);

const KO = talk([
  ["interviewer", 2, "안녕하세요, 서연 님. 시간을 내 주셔서 감사합니다. 먼저, 최근에 맡으신 일 가운데 가장 기억에 남는 프로젝트를 말씀해 주시겠어요?", "", ["opening", "지원자가 편하게 시작할 수 있도록 직접 고른 주제로 엽니다."]],
  ["candidate", 48, "물류 센터 배차 화면을 다시 만든 일이 기억에 남습니다. 기사님 열두 분을 직접 만나 보니 지도보다 목록을 먼저 보신다는 것을 알게 되어, 첫 화면을 목록으로 바꾸었습니다. 그 뒤로 배차 확인에 걸리는 시간이 평균 90초에서 35초로 줄었습니다.", "customer_focus"],
  ["interviewer", 120, "“지도보다 목록을 먼저 보신다”는 점은 어떻게 확인하셨나요?", "customer_focus", ["deep_dive", "근거가 되는 관찰 방법을 묻습니다."]],
  ["candidate", 175, "하루씩 세 번 동승하면서 화면을 볼 때마다 무엇을 먼저 누르시는지 적었습니다. 사흘 동안 기록한 214번 가운데 180번 넘게 목록이 먼저였습니다.", "customer_focus"],
  ["interviewer", 240, "팀 안에서 반대 의견은 없었나요?", "teamwork", ["pivot", "협업이 계획에 있고 아직 다루지 않았습니다."]],
  ["candidate", 300, "개발팀에서는 지도 화면을 버리는 것을 걱정했습니다. 그래서 두 화면을 절반씩 나누어 2주 동안 시험하고, 결과를 함께 보고 결정하자고 제안했습니다. 결과가 분명해서 모두 동의했습니다.", "teamwork"],
  ["interviewer", 360, "말씀 감사합니다. 오늘 면접은 여기까지입니다.", "", ["wrap_up", "계획한 내용을 모두 다루었습니다."]],
]);

const ZH = talk([
  ["interviewer", 2, "您好，思远，感谢您抽出时间。首先，请介绍一个您最近负责、印象最深的项目。", "", ["opening", "从候选人自己选择的话题开始。"]],
  ["candidate", 40, "我负责过门店补货系统的重写。原来的系统每天凌晨跑一次，缺货要到第二天才知道。我们改成按销售事件计算，缺货预警从一天缩短到五分钟，三个月里缺货率下降了大约四成。", "ownership"],
  ["interviewer", 110, "您提到“缺货预警从一天缩短到五分钟”，上线时遇到的最大问题是什么？", "ownership", ["deep_dive", "追问结果背后的困难。"]],
  ["candidate", 168, "最大的问题是误报。第一周有六百多条预警，店长都不看了。我和两位店长一起过了三天的数据，发现促销商品的基线不对，改完以后每天只剩二十条左右。", "ownership"],
  ["interviewer", 230, "如果再做一次，您会先做什么？", "planning", ["challenge", "考察复盘能力。"]],
]);

const NAMES = {
  en: {
    technical_depth: ["Technical depth", "Explains how things work underneath, with mechanisms and limits"],
    system_design: ["System design", "Shapes systems for load, failure and change"],
    problem_solving: ["Problem solving", "Takes unclear problems apart and checks the result"],
    communication: ["Communication", "Says things so that others can act on them"],
    teamwork: ["Teamwork", "Works through differences towards a shared result"],
    ownership: ["Ownership", "Takes responsibility for results beyond the task"],
    planning: ["Planning", "Orders work by value and risk"],
    learning: ["Learning", "Finds out what is missing and learns it"],
    customer_focus: ["Customer focus", "Starts from the people who use the work"],
  },
  ko: {
    technical_depth: ["기술적 깊이", "동작 원리와 한계를 구체적으로 설명합니다"],
    system_design: ["시스템 설계", "부하와 장애, 변화를 고려해 설계합니다"],
    problem_solving: ["문제 해결", "모호한 문제를 나누고 결과를 확인합니다"],
    communication: ["의사소통", "다른 사람이 바로 움직일 수 있게 전달합니다"],
    teamwork: ["협업", "차이를 조율해 함께 결과를 냅니다"],
    ownership: ["주도성", "맡은 일 너머의 결과까지 책임집니다"],
    planning: ["계획", "가치와 위험에 따라 일의 순서를 정합니다"],
    learning: ["학습", "부족한 점을 찾아 스스로 배웁니다"],
    customer_focus: ["고객 지향", "사용하는 사람에서 출발합니다"],
  },
  zh: {
    technical_depth: ["技术深度", "能说明底层机制与局限"],
    system_design: ["系统设计", "面向负载、故障与变化进行设计"],
    problem_solving: ["问题解决", "拆解模糊的问题并验证结果"],
    communication: ["沟通", "表达清楚，便于他人行动"],
    teamwork: ["协作", "化解分歧，达成共同成果"],
    ownership: ["主人翁意识", "对任务之外的结果负责"],
    planning: ["规划", "按价值与风险安排工作"],
    learning: ["学习能力", "发现不足并主动学习"],
    customer_focus: ["客户导向", "从使用者出发"],
  },
};

export const competencies = (language) =>
  Object.entries(NAMES[language]).map(([competency, [name, description]]) => ({ competency, name, description }));

const ANCHORS = {
  en: [
    "Stays with general statements; no example.",
    "Names an example but not what was done.",
    "Describes own actions in one concrete example.",
    "Explains actions, reasons and a measured result.",
    "Also names limits, alternatives and what was learned.",
  ],
  ko: [
    "일반적인 말에 머물고 예가 없습니다.",
    "예를 들지만 무엇을 했는지는 분명하지 않습니다.",
    "구체적인 예에서 자신의 행동을 설명합니다.",
    "행동과 이유, 측정한 결과를 설명합니다.",
    "한계와 대안, 배운 점까지 말합니다.",
  ],
  zh: [
    "停留在泛泛而谈，没有例子。",
    "提到例子，但未说明做了什么。",
    "用一个具体例子说明自己的行动。",
    "说明行动、理由和可衡量的结果。",
    "还能说明局限、其他方案和收获。",
  ],
};

const rubric = (language, ids) => ({
  rubric_id: "general",
  version: "1",
  language,
  criteria: ids.map((id) => ({
    criterion_id: id,
    name: NAMES[language][id][0],
    description: NAMES[language][id][1],
    levels: ANCHORS[language].map((anchor, index) => ({ level: index + 1, anchor })),
    weight: 1,
  })),
});

const judged = (language, utterances, id, score, confidence, rationale, feedback, keywords, quotes) => ({
  criterion_id: id,
  name: NAMES[language][id][0],
  verdict: score === null ? "insufficient_evidence" : "scored",
  score,
  level: score === null ? null : Math.round(score),
  anchor: score === null ? "" : ANCHORS[language][Math.round(score) - 1],
  confidence,
  rationale,
  feedback,
  keywords,
  evidence: quotes.map(([utterance, quote]) => evidence(utterances, utterance, quote)),
});

const CRITERIA = {
  en: () => [
    judged("en", EN, "technical_depth", 4.6, 0.86, "Names the mechanism, its threshold and a fault that it found, and follows the fault to its cause.", "Could say what the job cost to run and what it would have missed.", ["dual-write", "reconciliation", "audit table", "replay"], [
      ["u2", "I wrote the dual-write layer and the reconciliation job that compared both sides every ten minutes"],
      ["u4", "it found a rounding error of half a cent in refunds, which we traced to a float in the old service"],
    ]),
    judged("en", EN, "system_design", 4.1, 0.74, "Replaces the costly step with one whose cost follows the differences, and limits the damage of a failure.", "The cut-over by region deserves a word on data that spans regions.", ["hash ranges", "roll back"], [
      ["u6", "the cost follows the number of differences and not the number of rows"],
      ["u6", "cut over by region, because one region failing is something we can roll back over lunch"],
    ]),
    judged("en", EN, "teamwork", 3.8, 0.68, "Turns an opposition of opinions into a question about use, and shares the work.", "How the colleague saw it is left open.", ["review"], [
      ["u8", "We sat down with the two people who actually read the reports"],
    ]),
    judged("en", EN, "ownership", 3.2, 0.55, "Looks after those who come later, in one example.", "One more example would make this firmer.", ["runbook"], [
      ["u2", "I kept a runbook that anybody on call could follow"],
    ]),
    judged("en", EN, "learning", null, 0.2, "Two answers of a few words each give nothing to judge.", "", [], []),
  ],
  ko: () => [
    judged("ko", KO, "customer_focus", 4.7, 0.84, "사용자를 직접 관찰하고 수치로 확인한 뒤 화면을 바꾸었습니다.", "다른 센터에서도 같은지 확인했다면 더 좋았을 것입니다.", ["동승", "목록"], [
      ["u2", "배차 확인에 걸리는 시간이 평균 90초에서 35초로 줄었습니다"],
      ["u4", "하루씩 세 번 동승하면서 화면을 볼 때마다 무엇을 먼저 누르시는지 적었습니다"],
    ]),
    judged("ko", KO, "teamwork", 4.0, 0.71, "반대 의견을 시험으로 풀고 함께 결정했습니다.", "", ["시험"], [
      ["u6", "두 화면을 절반씩 나누어 2주 동안 시험하고, 결과를 함께 보고 결정하자고 제안했습니다"],
    ]),
    judged("ko", KO, "problem_solving", 3.4, 0.6, "관찰을 통해 문제를 다시 정의했습니다.", "다른 대안도 설명하면 좋겠습니다.", ["214번"], [
      ["u4", "사흘 동안 기록한 214번 가운데 180번 넘게 목록이 먼저였습니다"],
    ]),
    judged("ko", KO, "learning", null, 0.2, "이 역량에 대한 질문까지 시간이 닿지 않았습니다.", "", [], []),
  ],
  zh: () => [],
};

const LISTS = {
  en: {
    strengths: ["Technical depth: finds the cause behind a symptom and proves the fix", "System design: makes the cost follow what actually changes"],
    gaps: ["Ownership: one example only", "Learning: not enough was said to judge"],
    notices: ["The candidate was disconnected for 48 seconds at 3:12; the clock stood still meanwhile."],
  },
  ko: {
    strengths: ["고객 지향: 관찰하고 수치로 확인합니다", "협업: 이견을 시험으로 풉니다"],
    gaps: ["학습: 판단할 만한 답변이 없었습니다"],
    notices: [],
  },
  zh: { strengths: [], gaps: [], notices: [] },
};

export const TALKS = { en: EN, ko: KO, zh: ZH };

const QUALITY = [null, 0.72, null, 0.88, null, 0.81, null, 0.7, null, 0.18, null, 0.12, null];

export function report(session, sealed, own) {
  const { language } = session;
  const utterances = TALKS[language];
  const criteria = CRITERIA[language]();
  const scores = criteria.filter((item) => item.score !== null);
  const timeline = utterances
    .map((item, index) => ({ item, index }))
    .filter(({ item }) => item.move !== null)
    .map(({ item, index }) => ({
      at_s: item.start,
      strategy: item.move[0],
      focus_area: item.competency,
      question_id: item.question_id,
      reason: item.move[1],
      answer_words: utterances[index + 1]?.text.split(" ").length ?? 0,
      answer_quality: sealed ? null : (QUALITY[index + 1] ?? null),
    }));
  return {
    session_id: session.session_id,
    generated_at: session.ended_at,
    language,
    visibility: session.evaluation_visibility,
    sealed,
    summary: {
      role: session.role,
      candidate_name: session.candidate_name,
      interview_style: session.interview_style,
      started_at: session.started_at,
      ended_at: session.ended_at,
      end_reason: session.end_reason,
      duration_s: session.elapsed_s,
      questions_asked: timeline.length,
      answers: session.answered,
      words: 268,
      coverage: { planned: criteria.length, covered: scores.length, ratio: scores.length / criteria.length },
    },
    scorecard: {
      subject: session.candidate_name,
      language,
      criteria: sealed
        ? criteria.map((item) => ({
            ...item,
            verdict: null,
            score: null,
            level: null,
            anchor: null,
            confidence: null,
            rationale: null,
            feedback: null,
            keywords: [],
            evidence: [],
          }))
        : criteria,
      overall: sealed ? null : scores.reduce((sum, item) => sum + item.score, 0) / scores.length,
      strengths: sealed ? [] : LISTS[language].strengths,
      gaps: sealed ? [] : LISTS[language].gaps,
      produced_by: { engine: "rubric", version: "1.0.0", model: "", prompt_version: "", rubric_id: "general", rubric_version: "1" },
    },
    rubric: rubric(language, criteria.map((item) => item.criterion_id)),
    transcript: utterances.map((item) => ({ ...item, move: undefined })),
    timeline,
    plan: {},
    notices: LISTS[language].notices,
    own_scorecards: own,
    differences: own.flatMap((card) =>
      card.criteria.map((item) => {
        const ai = criteria.find((known) => known.criterion_id === item.criterion_id)?.level ?? null;
        return { criterion_id: item.criterion_id, ai, human: item.score, delta: ai === null || item.score === null ? null : ai - item.score };
      }),
    ),
  };
}

export const QUESTIONS = {
  en: [
    "Hello Maya, thank you for making the time. To begin: which piece of work from the last two years are you proudest of?",
    "What was the hardest decision in it, and what did you give up by deciding as you did?",
    "Who disagreed, and how did you settle it?",
    "What would you do differently if you started again next week?",
  ],
  ko: [
    "안녕하세요, 서연 님. 시간을 내 주셔서 감사합니다. 최근에 맡으신 일 가운데 가장 기억에 남는 프로젝트를 말씀해 주시겠어요?",
    "그 가운데 가장 어려웠던 결정은 무엇이었고, 그 결정으로 무엇을 포기하셨나요?",
    "반대하는 분이 있었나요? 어떻게 풀어 가셨나요?",
    "다시 시작한다면 무엇을 다르게 하시겠어요?",
  ],
  zh: [
    "您好，思远，感谢您抽出时间。首先，请介绍一个您最近负责、印象最深的项目。",
    "其中最难的决定是什么？为此您放弃了什么？",
    "有人反对吗？您是怎么解决的？",
    "如果重新开始，您会有哪些不同的做法？",
  ],
};
