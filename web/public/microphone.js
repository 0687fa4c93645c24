// Runs beside the page, in the audio thread: hands the microphone's samples on in pieces of about 20 ms.
const PIECE = 1024;

class Microphone extends AudioWorkletProcessor {
  #piece = new Float32Array(PIECE);
  #filled = 0;

  process([input]) {
    const channel = input[0];
    if (channel !== undefined) {
      let taken = 0;
      while (taken < channel.length) {
        const part = channel.subarray(taken, taken + PIECE - this.#filled);
        this.#piece.set(part, this.#filled);
        this.#filled += part.length;
        taken += part.length;
        if (this.#filled === PIECE) {
          this.port.postMessage(this.#piece, [this.#piece.buffer]);
          this.#piece = new Float32Array(PIECE);
          this.#filled = 0;
        }
      }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
