/** Whether a key press sends the answer. Pure. */

export interface KeyPress {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  keyCode: number;
  nativeEvent: { isComposing: boolean };
}

/** What browsers report for keys that an input method has taken. */
const TAKEN_BY_INPUT_METHOD = 229;

/**
 * Enter sends, Shift+Enter starts a line. The Enter that accepts a Korean syllable or a Chinese candidate belongs to
 * the input method: browsers mark it as composing, and Safari, which ends the composition before the key, only by its
 * key code. On a touch keyboard, which has no Shift+Enter, Enter starts a line and the button sends.
 */
export function sends(press: KeyPress, touch: boolean): boolean {
  if (press.key !== "Enter" || press.shiftKey || press.altKey) return false;
  if (press.nativeEvent.isComposing || press.keyCode === TAKEN_BY_INPUT_METHOD) return false;
  return !touch || press.ctrlKey || press.metaKey;
}
