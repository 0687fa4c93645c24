import { useCallback, useEffect, useRef, useState } from "react";
import { type Device, type Heard, type Microphone, MicrophoneError, type MicrophoneTrouble, microphones, openMicrophone } from "./microphone";

export interface UseMicrophone {
  state: "off" | "opening" | "on";
  trouble: MicrophoneTrouble | null;
  devices: readonly Device[];
  /** The device in use; empty while there is none. */
  deviceId: string;
  /** True when it is on. */
  open: (deviceId: string) => Promise<boolean>;
  close: () => void;
}

/** A microphone for as long as the component lives; `onHeard` may be another function each time. */
export function useMicrophone(onHeard: (heard: Heard) => void): UseMicrophone {
  const [state, setState] = useState<UseMicrophone["state"]>("off");
  const [trouble, setTrouble] = useState<MicrophoneTrouble | null>(null);
  const [devices, setDevices] = useState<readonly Device[]>([]);
  const [deviceId, setDeviceId] = useState("");
  const held = useRef<Microphone | null>(null);
  /** Rises with each opening and closing: what comes late belongs to nobody. */
  const generation = useRef(0);
  const heard = useRef(onHeard);
  useEffect(() => {
    heard.current = onHeard;
  }, [onHeard]);

  const release = useCallback(() => {
    generation.current += 1;
    held.current?.close();
    held.current = null;
  }, []);

  const close = useCallback(() => {
    release();
    setState("off");
    setDeviceId("");
  }, [release]);

  const open = useCallback(
    async (wanted: string) => {
      release();
      const mine = generation.current;
      setState("opening");
      setTrouble(null);
      const failed = (error: unknown) => {
        if (mine !== generation.current) return false;
        release();
        setState("off");
        setDeviceId("");
        setTrouble(error instanceof MicrophoneError ? error.trouble : "failed");
        return false;
      };
      try {
        const microphone = await openMicrophone({
          deviceId: wanted,
          onHeard: (piece) => heard.current(piece),
          onLost: () => failed(new MicrophoneError("lost")),
        });
        if (mine !== generation.current) {
          microphone.close();
          return false;
        }
        held.current = microphone;
        setDeviceId(microphone.deviceId);
        setState("on");
        setDevices(await microphones());
        return true;
      } catch (error) {
        return failed(error);
      }
    },
    [release],
  );

  useEffect(() => {
    const media = navigator.mediaDevices as MediaDevices | undefined;
    const changed = () => void microphones().then(setDevices);
    media?.addEventListener("devicechange", changed);
    return () => {
      media?.removeEventListener("devicechange", changed);
      release();
    };
  }, [release]);

  return { state, trouble, devices, deviceId, open, close };
}
