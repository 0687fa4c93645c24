import { describe, expect, it } from "vitest";
import { EMPTY_GRADING, type GradingMessage, parseGradingMessage, type Progress, reduceGrading } from "@/protocol/grading";

const message = (type: string, data: unknown) => ({ type, data, message_id: "" }) as unknown as GradingMessage;
const progress = (part: Partial<Progress>) =>
  message("GRADING_PROGRESS", { batchId: "b", totalTasks: 10, completedTasks: 0, failedTasks: 0, throughput: 1, ...part });
const after = (...messages: GradingMessage[]) => messages.reduce((view, item) => reduceGrading(view, item, 0), EMPTY_GRADING);

describe("SPEC 4: what is known of a batch and of an exam's quality", () => {
  it("never goes backwards, but for what is tried again", () => {
    const view = after(progress({ completedTasks: 6, failedTasks: 2 }), progress({ completedTasks: 4 , failedTasks: 2 }));
    expect(view.progress?.completedTasks).toBe(6);
    expect(reduceGrading(view, progress({ completedTasks: 6 }), 0).progress?.failedTasks).toBe(0);
  });

  it("holds alerts until they are resolved", () => {
    const raised = after(message("QUALITY_ALERT", { alertId: "a" }), message("QUALITY_ALERT", { alertId: "b" }));
    expect([...raised.alerts.keys()]).toEqual(["a", "b"]);
    expect([...reduceGrading(raised, message("ALERT_RESOLVED", { alertId: "a" }), 0).alerts.keys()]).toEqual(["b"]);
  });

  it("tells a task that is not known yet from one that is not there", () => {
    expect(EMPTY_GRADING.task).toBeUndefined();
    expect(after(message("GRADING_TASK", null)).task).toBeNull();
  });

  it("leaves out what it does not know", () => {
    expect(parseGradingMessage('{"type":"SOMETHING_NEW","data":{}}')).toBeNull();
    expect(parseGradingMessage('{"type":"GRADING_STATUS","data":null}')).toBeNull();
    expect(parseGradingMessage("not json")).toBeNull();
  });
});
