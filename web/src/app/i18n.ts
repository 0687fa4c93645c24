import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { setRequestLanguage } from "@/api/http";
import type { Language } from "@/protocol/messages";
import { storedLanguage } from "@/ui/language";
import { LANGUAGES, LOCALES } from "@/ui/text";

type Texts = Record<string, string>;

/** One file an area of the app and language; what an area adds is loaded with the language. */
const CATALOGUES = import.meta.glob<Texts>("@locales/{web,voice,room,panel,grading}.*.json", { import: "default" });

const asLanguage = (tag: string | null | undefined): Language | null => {
  const stem = tag?.toLowerCase().split("-")[0];
  return LANGUAGES.find((language) => language === stem) ?? null;
};

const chosen = (): Language =>
  [storedLanguage(), ...navigator.languages].map(asLanguage).find((language) => language !== null) ?? "en";

async function load(language: Language): Promise<void> {
  if (i18next.hasResourceBundle(language, "translation")) return;
  const wanted = Object.entries(CATALOGUES).filter(([path]) => path.endsWith(`.${language}.json`));
  const areas = await Promise.all(wanted.map(([, read]) => read()));
  i18next.addResourceBundle(language, "translation", Object.assign({}, ...areas) as Texts);
}

function apply(language: Language): void {
  document.documentElement.lang = LOCALES[language];
  setRequestLanguage(language);
}

export async function startI18n(): Promise<void> {
  const language = chosen();
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: {},
    partialBundledLanguages: true,
    keySeparator: false,
    nsSeparator: false,
    fallbackLng: false,
    // React escapes; the catalogue writes {name}.
    interpolation: { escapeValue: false, prefix: "{", suffix: "}" },
    react: { useSuspense: false },
  });
  await load(language);
  apply(language);
  const change = i18next.changeLanguage.bind(i18next);
  i18next.changeLanguage = async (wished, callback) => {
    const next = asLanguage(wished) ?? "en";
    await load(next);
    apply(next);
    return change(next, callback);
  };
}
