import { Button, Modal, Skeleton, VisuallyHidden } from "@mantine/core";
import { type ReactNode, useEffect, useId } from "react";
import { AlertIcon, InfoIcon } from "./icons";
import css from "./primitives.module.css";
import { useText } from "./text";

type Mood = "still" | "listening" | "thinking" | "speaking";
const HEIGHTS = [0.35, 0.7, 1, 0.6, 0.3];

/** The product's sign: a voice. What it shows is always said in words beside it. */
export function VoiceBars({ mood = "still" }: { mood?: Mood }) {
  return (
    <span className={css.bars} data-mood={mood} aria-hidden="true">
      {HEIGHTS.map((height, index) => (
        <i key={height} style={{ "--h": height, "--n": index } as React.CSSProperties} />
      ))}
    </span>
  );
}

/** `short`: only the sign on a narrow screen, the name for screen readers. */
export function Brand({ short = false }: { short?: boolean }) {
  return (
    <span className={css.brand} data-short={short}>
      <VoiceBars />
      <b>Vivavoce</b>
    </span>
  );
}

export type Tone = "plain" | "live" | "done" | "warn" | "danger";

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={css.badge} data-tone={tone}>
      {children}
    </span>
  );
}

/** The document's title says where somebody is, first of all to a screen reader. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "Vivavoce" : `${title} · Vivavoce`;
  }, [title]);
}

export function Page({ narrow = false, children }: { narrow?: boolean; children: ReactNode }) {
  return (
    <div className={css.page} data-narrow={narrow}>
      {children}
    </div>
  );
}

export interface PageHeadProps {
  title: string;
  /** Beside the title, such as a badge. */
  aside?: ReactNode;
  text?: ReactNode;
  back?: ReactNode;
  actions?: ReactNode;
}

export function PageHead({ title, aside, text, back, actions }: PageHeadProps) {
  useTitle(title);
  return (
    <header className={css.pageHead}>
      <div className={css.pageHeadText}>
        {back !== undefined && <div className={css.back}>{back}</div>}
        <h1 style={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: "0.4rem 0.9rem" }}>
          {title}
          {aside}
        </h1>
        {text !== undefined && <p>{text}</p>}
      </div>
      {actions !== undefined && <div className={css.pageActions}>{actions}</div>}
    </header>
  );
}

export interface PanelProps {
  title?: string;
  hint?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

export function Panel({ title, hint, className, children }: PanelProps) {
  const id = useId();
  const classes = [css.panel, className].filter(Boolean).join(" ");
  if (title === undefined) return <div className={classes}>{children}</div>;
  return (
    <section className={classes} aria-labelledby={id}>
      <div className={css.panelHead}>
        <h2 id={id}>{title}</h2>
        {hint !== undefined && <span className={css.panelHint}>{hint}</span>}
      </div>
      {children}
    </section>
  );
}

export interface NoticeProps {
  tone?: "plain" | "accent" | "warn" | "danger";
  icon?: ReactNode;
  action?: ReactNode;
  /** `alert` interrupts a screen reader, `status` waits for a pause. */
  role?: "alert" | "status";
  children: ReactNode;
}

export function Notice({ tone = "plain", icon, action, role, children }: NoticeProps) {
  return (
    <div className={css.notice} data-tone={tone} role={role}>
      {icon ?? (tone === "danger" || tone === "warn" ? <AlertIcon /> : <InfoIcon />)}
      <div>
        {children}
        {action !== undefined && <div className={css.noticeAction}>{action}</div>}
      </div>
    </div>
  );
}

export interface StateProps {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  mood?: Mood;
  heading?: "h1" | "h2";
}

/** A whole page's or panel's state: nothing there, finished, not allowed. */
export function State({ title, children, actions, mood = "still", heading: Heading = "h2" }: StateProps) {
  return (
    <div className={css.state}>
      <VoiceBars mood={mood} />
      <Heading>{title}</Heading>
      {children !== undefined && <p>{children}</p>}
      {actions !== undefined && <div className={css.stateActions}>{actions}</div>}
    </div>
  );
}

export function Loading({ lines = 4 }: { lines?: number }) {
  const t = useText();
  return (
    <div role="status">
      <VisuallyHidden>{t("state.loading")}</VisuallyHidden>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={css.bone} height={index === 0 ? 28 : 64} mb="md" radius="md" width={index === 0 ? "40%" : "100%"} />
      ))}
    </div>
  );
}

/** A level of five as rising bars, always with the words beside it. */
export function LevelMeter({ level }: { level: number | null }) {
  return (
    <span className={css.level} data-none={level === null} aria-hidden="true">
      {[0, 1, 2, 3, 4].map((index) => (
        <i key={index} data-on={level !== null && index < level} style={{ "--n": index } as React.CSSProperties} />
      ))}
    </span>
  );
}

export function Facts({ items }: { items: readonly { name: string; value: ReactNode }[] }) {
  return (
    <dl className={css.facts}>
      {items.map((item) => (
        <div key={item.name}>
          <dt>{item.name}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Actions({ children }: { children: ReactNode }) {
  return <div className={css.actions}>{children}</div>;
}

export interface ConfirmProps {
  opened: boolean;
  title: string;
  confirm: string;
  busy?: boolean;
  dangerous?: boolean;
  error?: string | undefined;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function Confirm(props: ConfirmProps) {
  const t = useText();
  return (
    <Modal.Root opened={props.opened} onClose={props.onClose}>
      <Modal.Overlay />
      {/* Not Modal.Header: that is a banner landmark, and the page has its own. */}
      <Modal.Content>
        <Modal.Body>
          <div className={css.modalHead}>
            <Modal.Title>{props.title}</Modal.Title>
            <Modal.CloseButton aria-label={t("action.close")} />
          </div>
      <div>{props.children}</div>
      {props.error !== undefined && (
        <div style={{ marginTop: "1rem" }}>
          <Notice tone="danger" role="alert">
            {props.error}
          </Notice>
        </div>
      )}
      <Actions>
        <Button variant="default" onClick={props.onClose} data-autofocus>
          {t("action.cancel")}
        </Button>
        <Button color={props.dangerous ? "red.9" : undefined} loading={props.busy ?? false} onClick={props.onConfirm}>
          {props.confirm}
        </Button>
      </Actions>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
