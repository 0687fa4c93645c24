import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { Language } from "@/protocol/messages";

const STORED = "vivavoce.language";

/** The language that this person chose here, if any. */
export function storedLanguage(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // It lasts as long as the page.
  }
}

/** Takes over an interview's language for somebody who has not chosen one. */
export function useAdoptedLanguage(language: Language | undefined): void {
  const { i18n } = useTranslation();
  useEffect(() => {
    if (language !== undefined && storedLanguage() === null && i18n.language !== language) {
      void i18n.changeLanguage(language);
    }
  }, [language, i18n]);
}
