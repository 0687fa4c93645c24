import { afterEach, beforeEach } from "vitest";

// The simulated browser has no font loading, which text boxes that grow listen to.
Object.defineProperty(document, "fonts", { value: new EventTarget(), configurable: true });
window.scrollTo = () => {};

beforeEach(() => {
  localStorage.clear();
});

afterEach(() => {
  document.body.replaceChildren();
});
