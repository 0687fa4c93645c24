import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { showSession } from "@/api/client";
import { Failure } from "@/ui/Failure";
import { BackIcon } from "@/ui/icons";
import { Facts, Loading, Page, PageHead, Panel } from "@/ui/primitives";
import { useText } from "@/ui/text";
import { Invitations } from "./Invitations";
import { useLinks } from "./links";
import { nameOf } from "./words";

export default function InvitePage() {
  const t = useText();
  const { id } = useParams({ from: "/staff/interviews/$id/invite" });
  const fresh = useLinks((links) => links.bySession[id]);
  const session = useQuery({ queryKey: ["sessions", id], queryFn: ({ signal }) => showSession("staff", id, signal) });

  if (session.isPending) {
    return (
      <Page narrow>
        <Loading />
      </Page>
    );
  }
  if (session.isError) {
    return (
      <Page narrow>
        <Failure error={session.error} onRetry={() => void session.refetch()} heading="h1" />
      </Page>
    );
  }
  const { data } = session;
  return (
    <Page narrow>
      <PageHead
        title={fresh === undefined ? t("invite.title") : t("invite.ready")}
        text={t("invite.lead", { name: nameOf(data) })}
        back={
          <Link
            to="/interviews/$id"
            params={{ id }}
            style={{ color: "inherit", display: "inline-flex", gap: "0.35rem", alignItems: "center" }}
          >
            <BackIcon size={16} />
            {t("invite.back")}
          </Link>
        }
      />
      <Panel title={t("invitations.title")}>
        <Invitations session={data} />
      </Panel>
      <div style={{ marginTop: "1.25rem" }}>
        <Panel title={t("invite.what")}>
          <Facts
            items={[
              { name: t("new.role"), value: data.role || "–" },
              { name: t("new.language"), value: t(`language.${data.language}`) },
              { name: t("new.style"), value: t(`style.${data.interview_style}`) },
              { name: t("new.length"), value: t("plan.minutes", { count: data.duration_minutes }) },
            ]}
          />
        </Panel>
      </div>
      <div style={{ marginTop: "1.5rem" }}>
        <Button component={Link} to={`/interviews/${encodeURIComponent(id)}`} variant="default">
          {t("invite.open")}
        </Button>
      </div>
    </Page>
  );
}
