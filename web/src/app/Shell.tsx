import { Button, Menu } from "@mantine/core";
import { onlineManager } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from "react";
import { signOut } from "@/api/client";
import { credentialsOf, useCredentialStore } from "@/api/credentials";
import { OfflineIcon, UserIcon } from "@/ui/icons";
import { LanguageSwitch, SchemeSwitch } from "@/ui/Preferences";
import { Brand } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { queryClient } from "./queryClient";
import { hasExams, hasInterviews, startOf } from "./places";
import css from "./Shell.module.css";

const subscribeOnline = (notify: () => void) => onlineManager.subscribe(notify);
const isOnline = () => onlineManager.isOnline();

function OfflineBanner() {
  const t = useText();
  const online = useSyncExternalStore(subscribeOnline, isOnline);
  return (
    <div role="status">
      {!online && (
        <div className={css.offline}>
          <OfflineIcon />
          {t("shell.offline")}
        </div>
      )}
    </div>
  );
}

/** After a change of page the focus goes to the content, so that a screen reader starts there. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return main;
}

interface FrameProps {
  brand: ReactNode;
  navigation?: ReactNode;
  end: ReactNode;
  /** Says at the top that there is no connection. The interview itself says it better, in its own place. */
  banner?: boolean;
  children?: ReactNode;
}

function Frame({ brand, navigation, end, banner = false, children }: FrameProps) {
  const t = useText();
  const main = useFocusOnNavigation();
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content">
        {t("shell.skip")}
      </a>
      <header className={css.bar}>
        {brand}
        {navigation}
        <div className={css.end}>{end}</div>
      </header>
      {banner && <OfflineBanner />}
      <main id="content" ref={main} tabIndex={-1} className={css.main}>
        {children ?? <Outlet />}
      </main>
    </div>
  );
}

function UserMenu() {
  const t = useText();
  const navigate = useNavigate();
  const user = useCredentialStore(() => credentialsOf("staff")?.user);
  if (user === undefined) return null;
  const leave = async () => {
    await navigate({ to: "/sign-in" });
    await signOut();
    queryClient.clear();
  };
  return (
    <Menu position="bottom-end" withinPortal={false}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          h={40}
          leftSection={<UserIcon />}
          aria-label={t("shell.account", { name: user.name })}
        >
          <span className={css.userName}>{user.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{user.email ?? user.name}</Menu.Label>
        <Menu.Item onClick={() => void leave()}>{t("shell.sign_out")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function StaffShell() {
  const t = useText();
  const role = useCredentialStore(() => credentialsOf("staff")?.user.role);
  return (
    <Frame
      banner
      brand={
        <Link to={startOf(role)} className={css.brandLink}>
          <Brand short />
        </Link>
      }
      navigation={
        <nav aria-label={t("shell.navigation")}>
          {role !== undefined && hasInterviews(role) && <Link to="/interviews">{t("interviews.title")}</Link>}
          {role !== undefined && hasExams(role) && <Link to="/exams">{t("exams.title")}</Link>}
          {role === "student" && <Link to="/results">{t("my_results.title")}</Link>}
        </nav>
      }
      end={
        <>
          <LanguageSwitch />
          <SchemeSwitch />
          <UserMenu />
        </>
      }
    />
  );
}

/** Sign-in and the candidate's pages: nothing there to wander off to. */
export function PlainShell({ children }: { children?: ReactNode }) {
  return (
    <Frame
      brand={<Brand />}
      end={
        <>
          <LanguageSwitch />
          <SchemeSwitch />
        </>
      }
    >
      {children}
    </Frame>
  );
}
