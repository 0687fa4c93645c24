/** The catalogue's sentences, typed by their keys. */

import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type grading from "@locales/grading.en.json";
import type panel from "@locales/panel.en.json";
import type room from "@locales/room.en.json";
import type voice from "@locales/voice.en.json";
import type web from "@locales/web.en.json";
import type { Language } from "@/protocol/messages";

type StoredKey = keyof (typeof web & typeof voice & typeof room & typeof panel & typeof grading);
type Plural<Key> = Key extends `${infer Stem}_one` ? Stem : Key extends `${infer Stem}_other` ? Stem : Key;
export type TextKey = Plural<StoredKey> & string;
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

export const LANGUAGES: readonly Language[] = ["en", "ko", "zh"];
/** Each language in its own words, so never translated. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", ko: "한국어", zh: "简体中文" };
/** For `lang` attributes and Intl. */
export const LOCALES: Record<Language, string> = { en: "en", ko: "ko-KR", zh: "zh-CN" };

export function useText(): Translate {
  const { t } = useTranslation();
  return useCallback((key, values) => t(key, { ...values }), [t]);
}

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return LANGUAGES.find((language) => language === i18n.language) ?? "en";
}

export interface Format {
  date: (iso: string | null) => string;
  dateTime: (iso: string | null) => string;
  time: (iso: string | null) => string;
  number: (value: number, digits?: number) => string;
  percent: (ratio: number) => string;
}

export function useFormat(): Format {
  const language = useLanguage();
  return useMemo(() => {
    const locale = LOCALES[language];
    const by = (options: Intl.DateTimeFormatOptions) => {
      const format = new Intl.DateTimeFormat(locale, options);
      return (iso: string | null) => {
        const time = iso === null ? Number.NaN : Date.parse(iso);
        return Number.isNaN(time) ? "–" : format.format(time);
      };
    };
    return {
      date: by({ dateStyle: "medium" }),
      dateTime: by({ dateStyle: "medium", timeStyle: "short" }),
      time: by({ timeStyle: "short" }),
      number: (value, digits = 0) =>
        new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value),
      percent: (ratio) => new Intl.NumberFormat(locale, { style: "percent" }).format(ratio),
    };
  }, [language]);
}

/** Seconds of session time as `m:ss` or `h:mm:ss`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (part: number) => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}:${pad(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}
