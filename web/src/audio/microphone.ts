/** The microphone: opened with a person's leave, heard as samples of 16 kHz, closed. No React. */

import { loudness, pcmOf, Resampler, SAMPLE_RATE } from "@/protocol/audio";

/** Why there is no microphone; each has a sentence for the person. */
export type MicrophoneTrouble = "insecure" | "unsupported" | "denied" | "missing" | "busy" | "lost" | "failed";

export class MicrophoneError extends Error {
  constructor(readonly trouble: MicrophoneTrouble) {
    super(trouble);
  }
}

/** About a tenth of a second of what was heard. */
export interface Heard {
  /** 16 bits at 16 kHz. */
  bytes: Uint8Array<ArrayBuffer>;
  rms: number;
  ms: number;
}

export interface Device {
  id: string;
  name: string;
}

export interface Microphone {
  /** The device that was opened; the browser may have chosen another than the one asked for. */
  readonly deviceId: string;
  readonly close: () => void;
}

export interface MicrophoneOptions {
  /** Empty: the browser's choice. */
  deviceId: string;
  onHeard: (heard: Heard) => void;
  /** It was unplugged, or taken away by the system. */
  onLost: () => void;
}

const PIECE = SAMPLE_RATE / 10;
const TROUBLES: Record<string, MicrophoneTrouble> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

const troubleOf = (error: unknown): MicrophoneError =>
  error instanceof MicrophoneError
    ? error
    : new MicrophoneError(TROUBLES[error instanceof DOMException ? error.name : ""] ?? "failed");

/** Throws a MicrophoneError where the page cannot have a microphone at all. */
export function checkSupport(): void {
  if (!window.isSecureContext) throw new MicrophoneError("insecure");
  if (navigator.mediaDevices?.getUserMedia === undefined || typeof AudioWorkletNode === "undefined") {
    throw new MicrophoneError("unsupported");
  }
}

/** The microphones there are. Their names are known once leave was given. */
export async function microphones(): Promise<Device[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === "audioinput" && device.deviceId !== "")
    .map((device) => ({ id: device.deviceId, name: device.label }));
}

async function streamOf(deviceId: string): Promise<MediaStream> {
  const wishes = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  try {
    const chosen = deviceId === "" ? {} : { deviceId: { exact: deviceId } };
    return await navigator.mediaDevices.getUserMedia({ audio: { ...wishes, ...chosen } });
  } catch (error) {
    if (deviceId === "" || troubleOf(error).trouble !== "missing") throw error;
    return navigator.mediaDevices.getUserMedia({ audio: wishes }); // the one of last time is gone
  }
}

/** Opens a microphone; asks for leave where it was not given. Throws a MicrophoneError. */
export async function openMicrophone(options: MicrophoneOptions): Promise<Microphone> {
  try {
    checkSupport();
    const stream = await streamOf(options.deviceId);
    try {
      return await listen(stream, options);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  } catch (error) {
    throw troubleOf(error);
  }
}

async function listen(stream: MediaStream, { onHeard, onLost }: MicrophoneOptions): Promise<Microphone> {
  const context = new AudioContext({ latencyHint: "interactive" });
  try {
    await context.audioWorklet.addModule("/microphone.js");
    if (context.state === "suspended") await context.resume();
  } catch (error) {
    void context.close();
    throw error;
  }
  const source = context.createMediaStreamSource(stream);
  const node = new AudioWorkletNode(context, "microphone", { numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1, channelCountMode: "explicit" });
  const resampler = new Resampler(context.sampleRate);
  let gathered: Float32Array[] = [];
  let count = 0;
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    const samples = resampler.push(data);
    gathered.push(samples);
    count += samples.length;
    if (count < PIECE) return;
    const piece = joined(gathered, count);
    gathered = [];
    count = 0;
    onHeard({ bytes: pcmOf(piece), rms: loudness(piece), ms: (1000 * piece.length) / SAMPLE_RATE });
  };
  source.connect(node);
  // It puts nothing out; a node that leads nowhere is not run by every browser.
  node.connect(context.destination);
  const track = stream.getAudioTracks()[0];
  track?.addEventListener("ended", onLost);
  return {
    deviceId: track?.getSettings().deviceId ?? "",
    close: () => {
      node.port.onmessage = null;
      track?.removeEventListener("ended", onLost);
      for (const each of stream.getTracks()) each.stop();
      source.disconnect();
      node.disconnect();
      void context.close();
    },
  };
}

function joined(parts: readonly Float32Array[], length: number): Float32Array {
  const whole = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
