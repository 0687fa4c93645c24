import { Button, FileButton, NativeSelect, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type Exam, examKey, type ExamQuestion, mayTeach, putQuestion, showExam, type SheetBox, type SheetPlace } from "@/api/exams";
import { drawSheetPage } from "@/api/scans";
import { BackLink } from "@/ui/BackLink";
import { useDraft } from "@/ui/drafts";
import { failureText } from "@/ui/failureText";
import { Badge, Loading, Notice, State } from "@/ui/primitives";
import { LOCALES, useText } from "@/ui/text";
import { SCAN_KINDS } from "./scanFiles";
import css from "./Sheet.module.css";
import { SheetCanvas } from "./SheetCanvas";
import { A4, isPlaces, nextBox, placedIn, type Places, placesOf, unsaved } from "./sheetPlaces";

const NOTHING: Places = {};
const MOST_PAGES = 50;

interface Sample {
  file: File;
  /** Tells one file from another of the same name. */
  number: number;
}

async function save(exam: Exam, changed: readonly ExamQuestion[], places: Places): Promise<Exam> {
  let after = exam;
  for (const { question_id, version: _, ...fields } of changed) {
    after = await putQuestion(exam.exam_id, question_id, { ...fields, place: places[question_id] ?? null });
  }
  return after;
}

function Editor({ exam }: { exam: Exam }) {
  const t = useText();
  const queries = useQueryClient();
  const [changed, setChanged, forget] = useDraft(`sheet.${exam.exam_id}`, NOTHING, isPlaces);
  const [chosen, setChosen] = useState<string | null>(exam.questions[0]?.question_id ?? null);
  const [page, setPage] = useState(1);
  const [ratio, setRatio] = useState(A4);
  const [sample, setSample] = useState<Sample | null>(null);
  const [said, setSaid] = useState("");
  const places = placesOf(exam.questions, changed);
  const open = unsaved(exam.questions, places);
  const drawn = useQuery({
    queryKey: ["sheet-page", exam.exam_id, sample?.number ?? 0, page],
    queryFn: ({ signal }) => (sample === null ? null : drawSheetPage(exam.exam_id, sample.file, page, signal)),
    enabled: sample !== null,
    staleTime: Infinity,
    retry: false,
  });
  const store = useMutation({
    mutationFn: () => save(exam, open, places),
    onSuccess: (after) => {
      queries.setQueryData(examKey(exam.exam_id), after);
      forget();
    },
    onError: () => void queries.invalidateQueries({ queryKey: examKey(exam.exam_id) }),
  });
  const question = exam.questions.find((item) => item.question_id === chosen);
  const last = Math.max(drawn.data?.count ?? 1, page, ...Object.values(places).map((place) => place?.page ?? 1));
  const pages = Math.min(MOST_PAGES, sample === null ? last + 1 : last);

  const change = (id: string, place: SheetPlace | null) => {
    store.reset();
    setChanged((before) => ({ ...before, [id]: place }));
    setSaid(place === null ? t("sheet.said_removed", { question: id }) : "");
  };
  const put = (box: SheetBox) => {
    if (question !== undefined) change(question.question_id, placedIn(question, page, box, ratio));
  };
  const taken = Object.values(places).flatMap((place) => (place?.page === page ? [place] : []));
  const choose = (id: string) => {
    setChosen(id);
    const place = places[id] ?? null;
    if (place !== null) setPage(place.page);
  };

  return (
    <div className={css.columns}>
      <div className={css.side}>
        <div className={css.tools}>
          <FileButton
            accept={SCAN_KINDS}
            inputProps={{ "aria-label": t("sheet.sample") }}
            onChange={(file) => {
              if (file === null) return;
              setSample({ file, number: (sample?.number ?? 0) + 1 });
              setPage(1);
            }}
          >
            {(props) => (
              <Button variant="default" {...props}>
                {t("sheet.sample")}
              </Button>
            )}
          </FileButton>
          <NativeSelect
            label={t("sheet.page")}
            value={String(page)}
            onChange={(event) => setPage(Number(event.currentTarget.value))}
            data={Array.from({ length: pages }, (_, index) => String(index + 1))}
          />
        </div>
        <p className={css.meta}>{t("sheet.sample_text")}</p>
        <h3 id="sheet-questions">{t("exam.questions")}</h3>
        <ol className={css.questions} aria-labelledby="sheet-questions">
          {exam.questions.map(({ question_id: id, text }) => {
            const place = places[id] ?? null;
            return (
              <li key={id}>
                <button type="button" className={css.question} aria-pressed={chosen === id} onClick={() => choose(id)}>
                  <b>{id}</b>
                  <span className={css.questionText} lang={LOCALES[exam.language]}>
                    {text}
                  </span>
                  {place === null ? (
                    <Badge tone="warn">{t("sheet.not_placed")}</Badge>
                  ) : (
                    <Badge tone="done">{t("sheet.on_page", { page: place.page })}</Badge>
                  )}
                </button>
              </li>
            );
          })}
        </ol>
        {question !== undefined && (
          <div className={css.tools}>
            <Button variant="default" size="sm" onClick={() => put(nextBox(question, taken))}>
              {t("sheet.put", { question: question.question_id })}
            </Button>
            {(places[question.question_id] ?? null) !== null && (
              <Button variant="default" size="sm" onClick={() => change(question.question_id, null)}>
                {t("sheet.remove", { question: question.question_id })}
              </Button>
            )}
          </div>
        )}
        <p className={css.meta} id="sheet-keys">
          {t("sheet.keys")}
        </p>
        {store.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, store.error)}
          </Notice>
        )}
        <div role="status">
          {store.isSuccess && open.length === 0 && <Notice tone="accent">{t("sheet.saved")}</Notice>}
          <VisuallyHidden>{said}</VisuallyHidden>
        </div>
        <div>
          <Button disabled={open.length === 0} loading={store.isPending} onClick={() => store.mutate()}>
            {open.length === 0 ? t("sheet.nothing_open") : t("sheet.save", { count: open.length })}
          </Button>
        </div>
      </div>
      <div className={css.paper}>
        {drawn.isError && (
          <Notice tone="danger" role="alert">
            {failureText(t, drawn.error)}
          </Notice>
        )}
        <SheetCanvas
          picture={drawn.data?.picture ?? null}
          page={page}
          places={places}
          chosen={chosen}
          onChoose={setChosen}
          onChange={change}
          onDraw={put}
          onRatio={setRatio}
        >
          {sample !== null && drawn.isPending && (
            <div className={css.loading}>
              <Loading lines={3} />
            </div>
          )}
        </SheetCanvas>
      </div>
    </div>
  );
}

/** Where each question is answered on the printed sheet. */
export default function SheetPage() {
  const t = useText();
  const { id } = useParams({ from: "/staff/exams/$id/sheet" });
  const { data: exam } = useQuery({ queryKey: examKey(id), queryFn: ({ signal }) => showExam(id, signal) });
  if (exam === undefined) return null;
  return (
    <section className={css.stack} aria-labelledby="sheet">
      <span className={css.meta}>
        <BackLink to="/exams/$id" params={{ id }}>
          {t("exam.questions")}
        </BackLink>
      </span>
      <div className={css.head}>
        <h2 id="sheet">{t("sheet.title")}</h2>
        <Link to="/exams/$id/scans" params={{ id }}>
          {t("scans.title")}
        </Link>
      </div>
      {exam.questions.length === 0 ? (
        <State title={t("exam.no_questions")}>{t("exam.no_questions_text")}</State>
      ) : mayTeach(exam.my_role) ? (
        <>
          <p>{t("sheet.lead")}</p>
          <Editor key={exam.exam_id} exam={exam} />
        </>
      ) : (
        <Notice>{t("sheet.teachers_only")}</Notice>
      )}
    </section>
  );
}
