/** What is said in the stand-in server's rooms. */

export const ROOM_TEXTS = {
  en: {
    candidate: "Maya Okafor",
    observer: "Priya Nair",
    questions: [
      {
        text: "Tell us about a system that you changed while people were using it.",
        time_limit_s: 180,
        rubric: {
          expected_points: ["how the change was rolled out", "how it could have been taken back", "what was measured"],
          criteria: [{ name: "Depth", description: "explains causes, not only steps", weight: 1 }],
        },
      },
      { text: "What would you do differently today, and why?", time_limit_s: 120 },
      { text: "Which part of this work do you enjoy least?" },
    ],
    analysis: {
      coverage: { "Runs old and new side by side": 1, "Names a figure": 0.5, "What was learned": null },
      evidence: [{ criterion: "Runs old and new side by side", quote: "compared both sides every ten minutes", start: 0, end: 37 }],
      suggestions: ["Ask what would be done differently today."],
    },
    answer:
      "We moved the payments ledger, 40 million rows, while shops were selling. I wrote the job that compared both sides every ten minutes; when it found a difference we froze that account and looked for the cause.",
    chat: [
      ["u-1", "Good morning, Maya. Take your time with the first question."],
      ["c-1", "Thank you, I can hear everybody well."],
    ],
    captions: [
      ["u-1", "Shall we go on with the second question?", "q1"],
      ["c-1", "Yes. I think I would start with the measurements.", "q2"],
    ],
    hearing: "Because without them nobody could say whether",
    reason: "Fire alarm in the building",
  },
  ko: {
    candidate: "김서연",
    observer: "이도윤",
    questions: [
      { text: "사용 중인 시스템을 바꾼 경험을 말씀해 주세요.", time_limit_s: 180, rubric: { expected_points: ["배포 방법", "되돌리는 방법"], criteria: [] } },
      { text: "지금이라면 무엇을 다르게 하시겠습니까?", time_limit_s: 120 },
      { text: "이 일에서 가장 덜 좋아하는 부분은 무엇인가요?" },
    ],
    analysis: {
      coverage: { "옛것과 새것을 함께 운영함": 1, "수치를 말함": 0.5, "배운 점": null },
      evidence: [{ criterion: "옛것과 새것을 함께 운영함", quote: "두 달 동안 함께 운영했습니다", start: 0, end: 16 }],
      suggestions: ["지금이라면 무엇을 다르게 할지 물어보세요."],
    },
    answer: "배차 화면을 새로 만들면서 옛 화면과 두 달 동안 함께 운영했습니다. 배차 확인 시간이 평균 90초에서 35초로 줄었습니다.",
    chat: [
      ["u-1", "안녕하세요. 첫 질문은 천천히 답하셔도 됩니다."],
      ["c-1", "감사합니다. 잘 들립니다."],
    ],
    captions: [
      ["u-1", "다음 질문으로 넘어갈까요?", "q1"],
      ["c-1", "네, 측정부터 다시 시작할 것 같습니다.", "q2"],
    ],
    hearing: "숫자가 없으면 나아졌는지",
    reason: "건물 화재 경보",
  },
  zh: {
    candidate: "李思远",
    observer: "王敏",
    questions: [
      { text: "请谈谈您在系统使用期间对它作出的一次改动。", time_limit_s: 180, rubric: { expected_points: ["如何上线", "如何回退"], criteria: [] } },
      { text: "如今您会怎样做，为什么？", time_limit_s: 120 },
      { text: "这份工作中您最不喜欢哪一部分？" },
    ],
    analysis: {
      coverage: { 新旧并行: 1, 给出数字: 0.5, 学到的东西: null },
      evidence: [{ criterion: "新旧并行", quote: "新旧系统并行了六周", start: 0, end: 9 }],
      suggestions: ["可以问问今天会有什么不同的做法。"],
    },
    answer: "我负责门店补货系统的重写，新旧系统并行了六周，每天核对差异，缺货预警从一天缩短到五分钟。",
    chat: [
      ["u-1", "您好，第一个问题不用着急。"],
      ["c-1", "谢谢，听得很清楚。"],
    ],
    captions: [
      ["u-1", "我们进入第二个问题，好吗？", "q1"],
      ["c-1", "好的，我会先从度量开始。", "q2"],
    ],
    hearing: "因为没有数据就没有人能说清",
    reason: "大楼火警",
  },
};
