/** An exam and what came of it, in three languages, for the stand-in server. */

const point = (point_id, text, points) => ({ point_id, text, points, alternatives: [] });

export const EXAMS = {
  en: {
    title: "Chemistry, term 1",
    subject: "Chemistry, year 9",
    questions: ["Which of these is a noble gas?", "How many moles are 36 g of water?", "Why does ice float on water?", "Explain why a catalyst makes a reaction faster."],
    options: ["Argon", "Nitrogen", "Oxygen", "Chlorine"],
    unit: "mol",
    rubric: [point("density", "Ice is less dense than water", 1), point("crystal", "The crystal leaves room between the molecules", 1), point("bonds", "Hydrogen bonds hold the molecules apart", 1)],
    model: "Ice is less dense than liquid water, because its crystal leaves room between the molecules.",
    answer: "Ice is lighter than water because in the crystal the molecules stand further apart, so the same mass takes up more room.",
    quote: "in the crystal the molecules stand further apart",
    comment: "The reason is right; say which bonds hold them apart.",
    appeal: "I wrote that the molecules stand further apart. That is the second point of the rubric.",
    reply: "You are right, your second half sentence says it. The grade was changed.",
    students: ["Maya Okafor", "Tomás Herrera", "Ines Duarte", "Amara Singh", "Pavel Novák", "Lena Vogt"],
  },
  ko: {
    title: "화학 1학기 중간고사",
    subject: "중3 화학",
    questions: ["다음 중 비활성 기체는 무엇인가요?", "물 36 g은 몇 몰인가요?", "얼음은 왜 물에 뜨나요?", "촉매가 반응을 빠르게 하는 이유를 설명하세요."],
    options: ["아르곤", "질소", "산소", "염소"],
    unit: "mol",
    rubric: [point("density", "얼음은 물보다 밀도가 작다", 1), point("crystal", "결정에는 분자 사이에 빈 공간이 있다", 1), point("bonds", "수소 결합이 분자를 떨어뜨려 놓는다", 1)],
    model: "얼음은 결정 구조 때문에 분자 사이에 빈 공간이 있어 물보다 밀도가 작습니다.",
    answer: "얼음이 되면 분자들이 결정을 이루면서 서로 멀어지기 때문에 같은 질량이라도 부피가 커져서 물보다 가볍습니다.",
    quote: "분자들이 결정을 이루면서 서로 멀어지기",
    comment: "이유는 맞습니다. 어떤 결합 때문인지도 써 보세요.",
    appeal: "분자들이 서로 멀어진다고 썼습니다. 두 번째 채점 기준에 해당합니다.",
    reply: "맞습니다. 문장의 뒷부분에 그 내용이 있어 점수를 고쳤습니다.",
    students: ["김서연", "이도윤", "박하은", "최지호", "정예린", "한준서"],
  },
  zh: {
    title: "化学上学期期中考试",
    subject: "初三化学",
    questions: ["下列哪一种是稀有气体？", "36 g 水是多少摩尔？", "冰为什么能浮在水面上？", "请说明催化剂为什么能加快反应。"],
    options: ["氩气", "氮气", "氧气", "氯气"],
    unit: "mol",
    rubric: [point("density", "冰的密度比水小", 1), point("crystal", "晶体中分子之间有空隙", 1), point("bonds", "氢键使分子彼此分开", 1)],
    model: "冰的晶体结构使分子之间留有空隙，所以密度比液态水小。",
    answer: "水结成冰后分子排列成晶体，彼此的距离变大，同样质量的体积也变大，所以比水轻。",
    quote: "分子排列成晶体，彼此的距离变大",
    comment: "理由正确，请再说明是什么键使它们分开。",
    appeal: "我写了分子之间距离变大，这就是评分标准的第二点。",
    reply: "你说得对，后半句已经说明，分数已更改。",
    students: ["李思远", "王子涵", "陈雨桐", "赵一鸣", "周诗琪", "吴浩然"],
  },
};

export function questionsOf(language) {
  const texts = EXAMS[language];
  const base = { step: 1, key: null, model_answers: [], rubric: [], guidance: "", image_url: "", version: 1 };
  return [
    {
      ...base, question_id: "q1", type: "single_choice", text: texts.questions[0], points: 1,
      key: { type: "choice", options: texts.options.map((text, index) => ({ option_id: "ABCD"[index], text })), correct: ["A"], scoring: "all_or_nothing" },
    },
    {
      ...base, question_id: "q2", type: "numeric", text: texts.questions[1], points: 2,
      key: { type: "numeric", value: 2, tolerance: 0.05, relative_tolerance: 0, unit: texts.unit, unit_required: true, without_unit_share: 0.5 },
    },
    { ...base, question_id: "q3", type: "short_answer", text: texts.questions[2], points: 3, rubric: texts.rubric, model_answers: [texts.model], version: 2 },
    { ...base, question_id: "q4", type: "essay", text: texts.questions[3], points: 6 },
  ];
}

export function spanOf(language) {
  const { answer, quote } = EXAMS[language];
  const start = Array.from(answer.slice(0, answer.indexOf(quote))).length;
  return { quote, start, end: start + Array.from(quote).length, point_id: "crystal" };
}
