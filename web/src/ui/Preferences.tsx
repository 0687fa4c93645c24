import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CheckIcon, GlobeIcon, MoonIcon, SunIcon } from "./icons";
import { storeLanguage } from "./language";
import { LANGUAGE_NAMES, LANGUAGES, LOCALES, useLanguage, useText } from "./text";

export function LanguageSwitch() {
  const t = useText();
  const { i18n } = useTranslation();
  const current = useLanguage();
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <ActionIcon aria-label={`${t("shell.language")}: ${LANGUAGE_NAMES[current]}`}>
          <GlobeIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map((language) => (
          <Menu.Item
            key={language}
            lang={LOCALES[language]}
            role="menuitemradio"
            aria-checked={language === current}
            rightSection={language === current ? <CheckIcon size={16} /> : undefined}
            onClick={() => {
              storeLanguage(language);
              void i18n.changeLanguage(language);
            }}
          >
            {LANGUAGE_NAMES[language]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function SchemeSwitch() {
  const t = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === "dark" ||
    (colorScheme === "auto" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <ActionIcon
      aria-label={dark ? t("shell.scheme_light") : t("shell.scheme_dark")}
      onClick={() => setColorScheme(dark ? "light" : "dark")}
    >
      {dark ? <SunIcon /> : <MoonIcon />}
    </ActionIcon>
  );
}
