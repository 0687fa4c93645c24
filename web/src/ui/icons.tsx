import type { ReactNode } from "react";

function Icon({ children, size = 20 }: { children: ReactNode; size?: number | undefined }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: "none" }}
    >
      {children}
    </svg>
  );
}

type Props = { size?: number };

export const PlusIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M12 5v14M5 12h14" />
  </Icon>
);
export const SearchIcon = ({ size }: Props) => (
  <Icon size={size}>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m20 20-4.2-4.2" />
  </Icon>
);
export const SunIcon = ({ size }: Props) => (
  <Icon size={size}>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" />
  </Icon>
);
export const MoonIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5Z" />
  </Icon>
);
export const GlobeIcon = ({ size }: Props) => (
  <Icon size={size}>
    <circle cx="12" cy="12" r="9" />
    <path d="M3 12h18M12 3c2.6 2.5 3.9 5.5 3.9 9s-1.3 6.5-3.9 9c-2.6-2.5-3.9-5.5-3.9-9S9.4 5.5 12 3Z" />
  </Icon>
);
export const CheckIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="m5 12.5 4.5 4.5L19 7.5" />
  </Icon>
);
export const CopyIcon = ({ size }: Props) => (
  <Icon size={size}>
    <rect x="9" y="9" width="11" height="11" rx="2.5" />
    <path d="M15 9V6.5A2.5 2.5 0 0 0 12.5 4h-6A2.5 2.5 0 0 0 4 6.5v6A2.5 2.5 0 0 0 6.5 15H9" />
  </Icon>
);
export const AlertIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M12 4 2.8 19.5h18.4L12 4ZM12 10v4.5M12 17.3v.1" />
  </Icon>
);
export const InfoIcon = ({ size }: Props) => (
  <Icon size={size}>
    <circle cx="12" cy="12" r="9" />
    <path d="M12 11v5.5M12 7.7v.1" />
  </Icon>
);
export const SendIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />
  </Icon>
);
export const SpeakerIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M4 9.5v5h3.5L12 19V5L7.5 9.5H4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a7.5 7.5 0 0 1 0 11" />
  </Icon>
);
export const LockIcon = ({ size }: Props) => (
  <Icon size={size}>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2.5" />
    <path d="M8 10.5V8a4 4 0 0 1 8 0v2.5" />
  </Icon>
);
export const DownloadIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M12 4v11M7 10.5l5 5 5-5M5 20h14" />
  </Icon>
);
export const ArrowIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M5 12h14M13 6l6 6-6 6" />
  </Icon>
);
export const BackIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M19 12H5M11 6l-6 6 6 6" />
  </Icon>
);
export const OfflineIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M3 3l18 18M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 4.5-2.6M19 12a10 10 0 0 0-5-2.8M12 19h.01" />
  </Icon>
);
export const UserIcon = ({ size }: Props) => (
  <Icon size={size}>
    <circle cx="12" cy="8.5" r="3.8" />
    <path d="M4.5 20c1-3.8 4-5.7 7.5-5.7s6.5 1.9 7.5 5.7" />
  </Icon>
);
export const QuoteIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M5 17c3-1.5 4.5-4 4.5-7H5V6h5M14 17c3-1.5 4.5-4 4.5-7H14V6h5" />
  </Icon>
);
export const MicrophoneIcon = ({ size }: Props) => (
  <Icon size={size}>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </Icon>
);
export const PlayIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M7.5 5v14l11-7-11-7Z" />
  </Icon>
);
export const StopIcon = ({ size }: Props) => (
  <Icon size={size}>
    <rect x="6.5" y="6.5" width="11" height="11" rx="2" />
  </Icon>
);
export const FlagIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M6 21V4h11l-2 4.5L17 13H6" />
  </Icon>
);
export const PencilIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="m5 19 1-4.2L16.5 4.3a1.8 1.8 0 0 1 2.6 0l.6.6a1.8 1.8 0 0 1 0 2.6L9.2 18 5 19Z" />
  </Icon>
);
export const HelpIcon = ({ size }: Props) => (
  <Icon size={size}>
    <circle cx="12" cy="12" r="9" />
    <path d="M9.3 9.4a2.8 2.8 0 1 1 4.2 2.4c-1 .6-1.5 1.2-1.5 2.2M12 17v.1" />
  </Icon>
);
export const PauseIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M8.5 5.5v13M15.5 5.5v13" />
  </Icon>
);
export const RemoveIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="m6 6 12 12M18 6 6 18" />
  </Icon>
);
export const UpIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M12 19V5M6 11l6-6 6 6" />
  </Icon>
);
export const DownIcon = ({ size }: Props) => (
  <Icon size={size}>
    <path d="M12 5v14M6 13l6 6 6-6" />
  </Icon>
);
