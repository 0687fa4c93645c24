import { ActionIcon, Button, createTheme, type MantineColorsTuple, Modal } from "@mantine/core";

const verdigris: MantineColorsTuple = [
  "#e9f7f3",
  "#d3ece5",
  "#a6dacd",
  "#7bcbb8",
  "#63cbb6",
  "#2f9d88",
  "#15806d",
  "#0b6355",
  "#084c41",
  "#05362e",
];

const input = {
  styles: () => ({
    input: { borderColor: "var(--vv-line-strong)", backgroundColor: "var(--vv-surface)", color: "var(--vv-ink)" },
    label: { fontWeight: 600, marginBottom: "0.3rem", fontSize: "var(--vv-text-sm)" },
    description: { color: "var(--vv-ink-3)", fontSize: "var(--vv-text-xs)", lineHeight: 1.5 },
    error: { color: "var(--vv-danger)", fontSize: "var(--vv-text-xs)" },
  }),
};

export const theme = createTheme({
  primaryColor: "verdigris",
  colors: { verdigris },
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  fontFamily: "var(--vv-font)",
  fontFamilyMonospace: "var(--vv-font-mono)",
  defaultRadius: "0.625rem",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Button: Button.extend({
      defaultProps: { size: "md" },
      styles: { root: { fontWeight: 600 }, label: { whiteSpace: "normal", lineHeight: 1.2 } },
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: 40, variant: "subtle", color: "gray" } }),
    TextInput: { defaultProps: { size: "md" }, ...input },
    PasswordInput: { defaultProps: { size: "md" }, ...input },
    NativeSelect: { defaultProps: { size: "md" }, ...input },
    Textarea: { defaultProps: { size: "md" }, ...input },
    Modal: Modal.extend({
      defaultProps: { centered: true, radius: "lg", padding: "xl" },
      styles: { title: { fontWeight: 640, fontSize: "var(--vv-text-lg)" }, content: { background: "var(--vv-surface)" } },
    }),
  },
});
