import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env["VIVAVOCE_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/",
  plugins: [react()],
  resolve: {
    alias: {
      "@": here("./src"),
      "@locales": here("../src/vivavoce/locales"),
    },
  },
  build: {
    outDir: "../src/vivavoce/http/webapp",
    emptyOutDir: true,
    target: "es2022",
    // No data: URLs, so that the page runs under a strict content security policy.
    assetsInlineLimit: 0,
    // The charts are the one large part, and are loaded only where a chart is shown.
    chunkSizeWarningLimit: 600,
  },
  server: {
    fs: { allow: [here("."), here("../src/vivavoce/locales")] },
    proxy: {
      "/api": { target: server, ws: true, changeOrigin: false },
      "/ws": { target: server, ws: true, changeOrigin: false },
    },
  },
  test: {
    environment: "happy-dom",
    // Each file has a simulated browser of its own, without a process of its own.
    pool: "vmThreads",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    css: false,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
