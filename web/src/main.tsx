import "@/ui/tokens.css";
import "@/ui/mantine.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { followOtherTabs } from "@/api/credentials";
import { App } from "@/app/App";
import { startI18n } from "@/app/i18n";

const element = document.getElementById("root");
if (element === null) throw new Error("the page has no #root");
followOtherTabs();
await startI18n();
createRoot(element).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
