/** The room tells a candidate that an answer arrived, not what it says: that is known here. */

import type { ServerEvent } from "@/protocol/roomMessages";
import type { QueuedCommand, RoomQueue } from "@/protocol/roomQueue";

export class OwnAnswers {
  readonly #texts = new Map<string, string>();

  constructor(queue: RoomQueue) {
    for (const command of queue) this.add(command);
  }

  add(command: QueuedCommand): void {
    const text = command.payload["answer_text"];
    if (command.name === "submit_answer" && typeof text === "string") this.#texts.set(command.client_id, text);
  }

  /** The event, with the text where it is one's own. */
  known(event: ServerEvent): ServerEvent {
    if (event.name !== "answer_submitted" || typeof event.data.answer_text === "string") return event;
    const text = this.#texts.get(event.data.client_id ?? "");
    return text === undefined ? event : { ...event, data: { ...event.data, answer_text: text } };
  }
}
