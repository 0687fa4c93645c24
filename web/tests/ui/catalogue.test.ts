import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

type Texts = Record<string, string>;

const FILES = import.meta.glob<Texts>("@locales/{web,voice,room,panel,grading}.*.json", { import: "default", eager: true });
const textsIn = (language: string): Texts =>
  Object.assign({}, ...Object.entries(FILES).flatMap(([path, texts]) => (path.endsWith(`.${language}.json`) ? [texts] : [])));
const [en, ko, zh] = [textsIn("en"), textsIn("ko"), textsIn("zh")];
const catalogues: Record<string, Texts> = { en, ko, zh };
const keys = Object.keys(en);
const SOURCE = resolve(import.meta.dirname, "../../src");

const sources = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return /\.tsx?$/.test(name) ? [readFileSync(path, "utf8")] : [];
  });

const code = sources(SOURCE).join("\n");
const stem = (key: string) => key.replace(/_(one|other)$/, "");
const placeholders = (text: string) => [...new Set(text.match(/\{[a-z_]+\}/g) ?? [])].sort();
const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Keys that are put together in the code, such as `status.${status}`, as patterns. */
const composed = [...code.matchAll(/`([a-z_]+\.[a-z_]*)\$\{[^}]+\}([a-z_]*)`/g)].map(
  ([, before = "", after = ""]) => new RegExp(`^${escape(before)}[a-z_]+${escape(after)}$`),
);

describe("SPEC 0.9: the catalogue", () => {
  it.each(["ko", "zh"])("has the same keys in %s as in English", (language) => {
    expect(Object.keys(catalogues[language] ?? {}).sort()).toEqual([...keys].sort());
  });

  it.each(["en", "ko", "zh"])("has no empty sentence in %s", (language) => {
    expect(Object.entries(catalogues[language] ?? {}).filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  it.each(["ko", "zh"])("names the same values in %s as in English", (language) => {
    const differing = keys.filter(
      (key) => `${placeholders(en[key] ?? "")}` !== `${placeholders(catalogues[language]?.[key] ?? "")}`,
    );
    expect(differing).toEqual([]);
  });

  it("is translated: no sentence of several words is the same in another language", () => {
    const same = keys.filter((key) => {
      const text = en[key] ?? "";
      return / /.test(text) && /[a-z]{3}/.test(text) && ko[key] === text;
    });
    expect(same).toEqual([]);
  });

  it("holds no key that the app does not use", () => {
    const unused = keys.filter(
      (key) => !code.includes(`"${stem(key)}"`) && !composed.some((pattern) => pattern.test(stem(key))),
    );
    expect(unused).toEqual([]);
  });

  it("has every plural in both forms", () => {
    const plural = new Set(keys.filter((key) => /_(one|other)$/.test(key)).map(stem));
    for (const key of plural) expect(keys).toEqual(expect.arrayContaining([`${key}_one`, `${key}_other`]));
  });
});
