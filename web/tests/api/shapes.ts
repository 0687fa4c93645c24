/**
 * Holds what the app reads (`src/api/types.ts`) to what the server says (`src/api/generated.ts`). There is nothing to
 * run: `npm run typecheck` fails where a shape of the server no longer fits.
 */

import type { components } from "@/api/generated";
import type { Scan } from "@/api/scans";
import type { Batch, Estimate, ExamLine, Imported, SubmissionLine } from "@/api/exams";
import type { Alert, Appeal, Graded, Issue, Matrix, MyResultLine, Quality, ResultRow, Thresholds } from "@/api/marking";
import type {
  AcceptedInvitation,
  Competency,
  Difference,
  InterviewRequest,
  Invitation,
  OwnScorecard,
  OwnScorecardRequest,
  PlanPreview,
  Session,
  Tokens,
  User,
  Utterance,
} from "@/api/types";

type Server = components["schemas"];

/** What the server answers has all that the app reads. */
type Answers<Ours, Theirs extends Ours> = [Ours, Theirs];
/** What the app sends is all that the server asks for. */
type Asks<Theirs, Ours extends Theirs> = [Ours, Theirs];

export type Held = [
  Answers<User, Server["UserShape"]>,
  Answers<ExamLine, Server["ExamLineShape"]>,
  Answers<Imported, Server["ImportShape"]>,
  Answers<SubmissionLine, Server["SubmissionLineShape"]>,
  Answers<Scan, Server["ScanShape"]>,
  Answers<Batch, Server["BatchShape"]>,
  Answers<Estimate, Server["EstimateShape"]>,
  Answers<Graded, Server["GradedShape"]>,
  Answers<Issue, Server["IssueShape"]>,
  Answers<Quality, Server["QualityShape"]>,
  Answers<Matrix, Server["MatrixShape"]>,
  Answers<Alert, Server["AlertShape"]>,
  Answers<Thresholds, Server["ThresholdsShape"]>,
  Answers<ResultRow, Server["ResultRowShape"]>,
  Answers<MyResultLine, Server["MyResultShape"]>,
  Answers<Appeal, Server["AppealShape"]>,
  Answers<Tokens, Server["TokensShape"]>,
  Answers<AcceptedInvitation, Server["AcceptedShape"]>,
  Answers<Session, Server["SessionShape"]>,
  Answers<Competency, Server["CompetencyShape"]>,
  Answers<PlanPreview, Server["PlanShape"]>,
  Answers<Invitation, Server["InvitationShape"]>,
  Answers<Invitation, Server["NewInvitationShape"]>,
  Answers<OwnScorecard, Server["OwnScorecardShape"]>,
  Answers<Difference, Server["DifferenceShape"]>,
  Answers<Utterance, Server["UtteranceShape"]>,
  Asks<Server["InterviewBody"], InterviewRequest>,
  Asks<Server["OwnScorecardBody"], OwnScorecardRequest>,
];
