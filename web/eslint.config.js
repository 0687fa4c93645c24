import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = ["auth", "interviews", "interview", "panel", "reports", "room", "exams", "grading", "results"];

/** Layers, lowest first: a file may import from its own layer and from those below. */
const above = {
  protocol: ["ui", "audio", "connection", "api", "features", "app"],
  ui: ["audio", "connection", "api", "features", "app"],
  api: ["ui", "audio", "connection", "features", "app"],
  connection: ["features", "app"],
  audio: ["connection", "features", "app"],
};

const forbid = (folders, message) => ({
  "no-restricted-imports": [
    "error",
    { patterns: folders.map((folder) => ({ group: [`@/${folder}`, `@/${folder}/*`], message })) },
  ],
});

export default tseslint.config(
  { ignores: ["node_modules", "dist", "screenshots", "src/api/generated.ts"] },
  ...tseslint.configs.recommended,
  hooks.configs.flat["recommended-latest"] ?? hooks.configs.flat.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", 500],
    },
  },
  ...Object.entries(above).map(([layer, folders]) => ({
    files: [`src/${layer}/**/*.{ts,tsx}`],
    rules: forbid(folders, `${layer}/ stands below this layer.`),
  })),
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**/*.{ts,tsx}`],
    rules: forbid(
      ["app", ...features.filter((other) => other !== feature).map((other) => `features/${other}`)],
      "Features never import each other, nor the app.",
    ),
  })),
  {
    files: ["src/protocol/**/*.ts"],
    rules: {
      "no-restricted-globals": ["error", "window", "document", "localStorage", "WebSocket", "fetch"],
    },
  },
);
