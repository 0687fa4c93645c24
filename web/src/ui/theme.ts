import {
  ActionIcon,
  Button,
  createTheme,
  type CSSVariablesResolver,
  type MantineColorsTuple,
  Modal,
} from "@mantine/core";

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
      // Of the two schemes' accents, each has its own ink.
      vars: (_, { color, variant = "filled" }) => ({
        root:
          color === undefined && variant === "filled"
            ? {
                "--button-bg": "var(--vv-accent)",
                "--button-hover": "var(--vv-accent-hover)",
                "--button-color": "var(--vv-on-accent)",
              }
            : {},
      }),
      styles: { root: { fontWeight: 600 }, label: { whiteSpace: "normal", lineHeight: 1.2 } },
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { size: 40, variant: "subtle", color: "gray" } }),
    TextInput: { defaultProps: { size: "md" }, ...input },
    PasswordInput: { defaultProps: { size: "md" }, ...input },
    NativeSelect: { defaultProps: { size: "md" }, ...input },
    Textarea: { defaultProps: { size: "md" }, ...input },
    ModalRoot: Modal.Root.extend({
      defaultProps: { centered: true, radius: "lg", padding: "xl" },
      styles: { title: { fontWeight: 640, fontSize: "var(--vv-text-lg)" }, content: { background: "var(--vv-surface)" } },
    }),
  },
});

/** Mantine's neutral colours are ours in both schemes, so that a component looks the same wherever it comes from. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    "--mantine-color-body": "var(--vv-paper)",
    "--mantine-color-text": "var(--vv-ink)",
    "--mantine-color-default": "var(--vv-surface)",
    "--mantine-color-default-hover": "var(--vv-sunken)",
    "--mantine-color-default-color": "var(--vv-ink)",
    "--mantine-color-default-border": "var(--vv-line-strong)",
    "--mantine-color-dimmed": "var(--vv-ink-3)",
    "--mantine-color-placeholder": "var(--vv-ink-3)",
    "--mantine-color-error": "var(--vv-danger)",
    "--mantine-color-disabled": "var(--vv-sunken)",
    "--mantine-color-disabled-color": "var(--vv-ink-3)",
    "--mantine-color-disabled-border": "var(--vv-line)",
    "--mantine-color-gray-text": "var(--vv-ink-2)",
    "--mantine-color-gray-light-color": "var(--vv-ink-2)",
    "--mantine-color-gray-light-hover": "var(--vv-sunken)",
  },
  light: {},
  dark: {},
});
