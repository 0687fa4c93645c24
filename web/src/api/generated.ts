/* Generated from the server's OpenAPI document by `npm run generate:api`. Not to be edited. */

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AcceptBody */
        AcceptBody: {
            /** Token */
            token: string;
            /**
             * Name
             * @default
             */
            name?: string;
        };
        /**
         * AcceptedInputShape
         * @description The input is safe; its reply is still being made.
         */
        AcceptedInputShape: {
            /**
             * Status
             * @constant
             */
            status: "processing";
            /** Seq */
            seq: number;
            /** Input Seq */
            input_seq: number;
            /** Client Id */
            client_id: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * AcceptedShape
         * @example {
         *       "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl",
         *       "expires_in": 900,
         *       "refresh_token": "k0Jq2gkY0Tt7m8Wb1vVqZ3yq4s5u6w7x8y9zAaBbCcD",
         *       "session_id": "s1",
         *       "user": {
         *         "email": "minji@example.com",
         *         "language": "ko",
         *         "name": "Kim Minji",
         *         "role": "recruiter",
         *         "user_id": "user_0195f3c0a1b27c3d8e4f"
         *       }
         *     }
         */
        AcceptedShape: {
            /** Access Token */
            access_token: string;
            /** Refresh Token */
            refresh_token: string;
            /**
             * Expires In
             * @description Seconds until the access token expires
             */
            expires_in: number;
            user: components["schemas"]["UserShape"];
            /** Session Id */
            session_id: string;
        } & {
            [key: string]: unknown;
        };
        /** AdjudicationShape */
        AdjudicationShape: {
            /** Candidate */
            candidate: string;
            /** By */
            by: string;
            /** Criteria */
            criteria: components["schemas"]["CriterionMarkShape"][];
            /**
             * Recommendation
             * @enum {string}
             */
            recommendation: "definitely_no" | "no" | "no_decision" | "yes" | "strong_yes";
            /** Comment */
            comment: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * AdminUserShape
         * @example {
         *       "email": "minji@example.com",
         *       "language": "ko",
         *       "name": "Kim Minji",
         *       "role": "recruiter",
         *       "user_id": "user_0195f3c0a1b27c3d8e4f"
         *     }
         */
        AdminUserShape: {
            /** User Id */
            user_id: string;
            /** Name */
            name: string;
            /** Email */
            email: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Language */
            language: string;
            /** Created At */
            created_at: string;
            /** Disabled */
            disabled: boolean;
        } & {
            [key: string]: unknown;
        };
        /** AlertShape */
        AlertShape: {
            /** Alert Id */
            alert_id: string;
            /** Exam Id */
            exam_id: string;
            /** Metric */
            metric: string;
            /** About */
            about: string;
            /** Value */
            value: number;
            /** Threshold */
            threshold: number;
            /**
             * Level
             * @enum {string}
             */
            level: "warning" | "critical";
            /** Raised At */
            raised_at: string;
            /** Acknowledged By */
            acknowledged_by: string;
            /** Acknowledged At */
            acknowledged_at: string | null;
            /** Resolved At */
            resolved_at: string | null;
        } & {
            [key: string]: unknown;
        };
        /** AlertsShape */
        AlertsShape: {
            /** Items */
            items: components["schemas"]["AlertShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * AnalysisBody
         * @description Without a text, the newest answer of this person to this question.
         * @example {
         *       "answer_text": "We rolled it out to one server first, and measured.",
         *       "question_id": "q1"
         *     }
         */
        AnalysisBody: {
            /** Question Id */
            question_id?: string | number | null;
            /** User Id */
            user_id?: string | number | null;
            /** Answer Text */
            answer_text?: string | null;
        };
        /**
         * AnalysisShape
         * @description `coverage`: for each criterion or expected point how much of it the answer shows, 0 to 1; null: not enough to
         *     say. `evidence` stands word for word in the answer.
         */
        AnalysisShape: {
            /** Question Id */
            question_id: string | number | null;
            /** User Id */
            user_id: string | number | null;
            /** Coverage */
            coverage: {
                [key: string]: number | null;
            };
            /** Evidence */
            evidence: components["schemas"]["QuotationShape"][];
            /** Suggestions */
            suggestions: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * AnswerBody
         * @description With `points` the grade is changed.
         * @example {
         *       "answer": "You are right.",
         *       "points": 2
         *     }
         */
        AnswerBody: {
            /** Answer */
            answer: string;
            /** Points */
            points?: number | null;
        };
        /**
         * ApiKeyShape
         * @example {
         *       "created_at": "2026-01-31T08:15:00.123Z",
         *       "created_by": "user_1",
         *       "exams": [],
         *       "key_id": "0195f3c0a1b27c3d8e4f5a6b7c8d9e0f",
         *       "name": "Applicant tracking",
         *       "role": "recruiter",
         *       "sessions": [],
         *       "status": "active",
         *       "user_id": "key:0195f3c0a1b27c3d8e4f5a6b7c8d9e0f"
         *     }
         */
        ApiKeyShape: {
            /** Key Id */
            key_id: string;
            /**
             * User Id
             * @description Who the key is in sessions and in the audit record
             */
            user_id: string;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Sessions */
            sessions: string[];
            /** Exams */
            exams: string[];
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /**
             * Used At
             * @description Noted every few minutes
             */
            used_at: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "expired" | "revoked";
        } & {
            [key: string]: unknown;
        };
        /** ApiKeysShape */
        ApiKeysShape: {
            /** Items */
            items: components["schemas"]["ApiKeyShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * AppealBody
         * @example {
         *       "text": "My second sentence says why."
         *     }
         */
        AppealBody: {
            /** Text */
            text: string;
        };
        /**
         * AppealInFullShape
         * @description With the response it is about, for whoever answers it.
         */
        AppealInFullShape: {
            /** Appeal Id */
            appeal_id: string;
            /** Exam Id */
            exam_id: string;
            /** Submission Id */
            submission_id: string;
            /** Response Id */
            response_id: string;
            /** Student Id */
            student_id: string;
            /** Text */
            text: string;
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "upheld" | "rejected";
            /** Answer */
            answer: string;
            /** Answered By */
            answered_by: string;
            /** Answered At */
            answered_at: string | null;
            /** Created At */
            created_at: string;
            given: components["schemas"]["ExamResponseShape"] | null;
        } & {
            [key: string]: unknown;
        };
        /** AppealShape */
        AppealShape: {
            /** Appeal Id */
            appeal_id: string;
            /** Exam Id */
            exam_id: string;
            /** Submission Id */
            submission_id: string;
            /** Response Id */
            response_id: string;
            /** Student Id */
            student_id: string;
            /** Text */
            text: string;
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "upheld" | "rejected";
            /** Answer */
            answer: string;
            /** Answered By */
            answered_by: string;
            /** Answered At */
            answered_at: string | null;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /** AppealsShape */
        AppealsShape: {
            /** Items */
            items: components["schemas"]["AppealShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * AudioPlaceShape
         * @description Seconds of a recording.
         */
        AudioPlaceShape: {
            /** Recording Id */
            recording_id: string;
            /** Start S */
            start_s: number;
            /** End S */
            end_s: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * AudioSpanShape
         * @description Where the characters [at, at + length) of an utterance can be heard; `words`: character, start, end.
         */
        AudioSpanShape: {
            /** Recording Id */
            recording_id: string;
            /** Start S */
            start_s: number;
            /** End S */
            end_s: number;
            /** At */
            at: number;
            /** Length */
            length: number;
            /** Words */
            words: [
                number,
                number,
                number
            ][];
        } & {
            [key: string]: unknown;
        };
        /** AuditEntryShape */
        AuditEntryShape: {
            /** Id */
            id: number;
            /** At */
            at: string;
            /** Actor */
            actor: string;
            /** Action */
            action: string;
            /** Subject */
            subject: string;
            /** Details */
            details: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /** AuditShape */
        AuditShape: {
            /** Items */
            items: components["schemas"]["AuditEntryShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * BatchShape
         * @description `throughput` is responses a second, lately; `estimated_completion` is foreseen only while the batch moves.
         */
        BatchShape: {
            /** Batch Id */
            batch_id: string;
            /** Exam Id */
            exam_id: string;
            /**
             * Purpose
             * @enum {string}
             */
            purpose: "full" | "trial" | "regrade";
            /**
             * Status
             * @enum {string}
             */
            status: "queued" | "running" | "paused" | "cancelled" | "completed";
            /** Question Ids */
            question_ids: string[];
            /** Total */
            total: number;
            /** Completed */
            completed: number;
            /** Failed */
            failed: number;
            /** Processing */
            processing: number;
            /** Throughput */
            throughput: number;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Started At */
            started_at: string | null;
            /** Estimated Completion */
            estimated_completion: string | null;
            /** Ended At */
            ended_at: string | null;
            /** Active S */
            active_s: number;
            /** Seq */
            seq: number;
        } & {
            [key: string]: unknown;
        };
        /** BatchesShape */
        BatchesShape: {
            /** Items */
            items: components["schemas"]["BatchShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** BlankBody */
        BlankBody: {
            /** Accepted */
            accepted: string[];
            /**
             * Weight
             * @default 1
             */
            weight?: number;
            /**
             * Exact
             * @default false
             */
            exact?: boolean;
        };
        /**
         * BoxBody
         * @description A rectangle as shares of a page's width and height.
         */
        BoxBody: {
            /** Left */
            left: number;
            /** Top */
            top: number;
            /** Right */
            right: number;
            /** Bottom */
            bottom: number;
        };
        /**
         * BubbleBody
         * @description Where an option is ticked; those of true and false are `true` and `false`.
         */
        BubbleBody: {
            /** Option Id */
            option_id: string;
            box: components["schemas"]["BoxBody"];
        };
        /**
         * CandidateBody
         * @description A candidate of a panel. `user_id`: they take part with a microphone of their own, and become a participant.
         */
        CandidateBody: {
            /** Name */
            name: string;
            /** User Id */
            user_id?: string | null;
        };
        /**
         * ChangeExamBody
         * @description What is left out stays.
         * @example {
         *       "title": "Chemistry, term 2"
         *     }
         */
        ChangeExamBody: {
            /** Title */
            title?: string | null;
            /** Subject */
            subject?: string | null;
            /** Language */
            language?: ("en" | "ko" | "zh") | null;
            settings?: components["schemas"]["ExamSettingsBody"] | null;
        };
        /**
         * ChangeQuestionSetBody
         * @description What is left out stays; `questions` replaces all of them. `version` is the one that was changed: when somebody
         *     else was quicker, the answer is a conflict.
         * @example {
         *       "title": "Backend engineer",
         *       "version": 3
         *     }
         */
        ChangeQuestionSetBody: {
            /** Title */
            title?: string | null;
            /** Language */
            language?: ("en" | "ko" | "zh") | null;
            /** Questions */
            questions?: components["schemas"]["QuestionBody"][] | null;
            /** Version */
            version?: number | null;
        };
        /** ChangeUserBody */
        ChangeUserBody: {
            /** Role */
            role?: ("admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student") | null;
            /** Disabled */
            disabled?: true | null;
            /** Password */
            password?: string | null;
        };
        /**
         * ChoiceKeyBody
         * @description The correct options of a single or multiple choice.
         */
        ChoiceKeyBody: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "choice";
            /** Options */
            options: components["schemas"]["OptionBody"][];
            /** Correct */
            correct: string[];
            /**
             * Scoring
             * @default all_or_nothing
             * @enum {string}
             */
            scoring?: "all_or_nothing" | "per_option" | "right_minus_wrong";
        };
        /** ClassBody */
        ClassBody: {
            /** Class Id */
            class_id: string;
            /** Name */
            name: string;
        };
        /** ClassShape */
        ClassShape: {
            /** Class Id */
            class_id: string;
            /** Name */
            name: string;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /** ClassesShape */
        ClassesShape: {
            /** Items */
            items: components["schemas"]["ClassShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** ClosedShape */
        ClosedShape: {
            /** Closed */
            closed: number;
        } & {
            [key: string]: unknown;
        };
        /** CompetenciesShape */
        CompetenciesShape: {
            /** Items */
            items: components["schemas"]["CompetencyShape"][];
        } & {
            [key: string]: unknown;
        };
        /** CompetencyShape */
        CompetencyShape: {
            /** Competency */
            competency: string;
            /** Name */
            name: string;
            /** Description */
            description: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ConfigureBody
         * @description What is left out stays. Of a room also its questions and when it is to begin; null takes these away.
         * @example {
         *       "scheduled_at": "2026-01-31T08:15:00Z",
         *       "title": "Backend engineer, second round"
         *     }
         */
        ConfigureBody: {
            /** Title */
            title?: string | null;
            /** Language */
            language?: ("en" | "ko" | "zh") | null;
            /** Role */
            role?: string | null;
            /** Interview Style */
            interview_style?: ("formal" | "friendly" | "technical" | "relaxed") | null;
            /** Competencies */
            competencies?: string[] | null;
            /** Duration Minutes */
            duration_minutes?: number | null;
            /** Job Description */
            job_description?: string | null;
            /** Resume */
            resume?: string | null;
            /** Candidate Name */
            candidate_name?: string | null;
            /** Question Set Id */
            question_set_id?: string | null;
            /** Question Set Version */
            question_set_version?: number | null;
            /** Scheduled At */
            scheduled_at?: string | null;
        };
        /**
         * ConfirmationShape
         * @description `open` while the interview goes on, `awaiting` the candidate until `confirm_by`, `none` where nobody is asked.
         */
        ConfirmationShape: {
            /**
             * Status
             * @enum {string}
             */
            status: "none" | "open" | "awaiting" | "confirmed" | "lapsed";
            /** Confirm By */
            confirm_by: string | null;
        } & {
            [key: string]: unknown;
        };
        /** ConnectedSessionShape */
        ConnectedSessionShape: {
            /** Session Id */
            session_id: string;
            /** Connections */
            connections: number;
            /** Users */
            users: components["schemas"]["ConnectedUserShape"][];
        } & {
            [key: string]: unknown;
        };
        /** ConnectedUserShape */
        ConnectedUserShape: {
            /** User Id */
            user_id: string;
            /** Role */
            role: string;
            /** Connected At */
            connected_at: string;
        } & {
            [key: string]: unknown;
        };
        /** ConnectionShape */
        ConnectionShape: {
            /** Connection Id */
            connection_id: string;
            /** Door */
            door: string;
            /** Path */
            path: string;
            /** User Id */
            user_id: string;
            /** Address */
            address: string;
            /** Idle S */
            idle_s: number;
            /** Queued Bytes */
            queued_bytes: number;
        } & {
            [key: string]: unknown;
        };
        /** ConnectionsShape */
        ConnectionsShape: {
            /** Items */
            items: components["schemas"]["ConnectionShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * ConsentBody
         * @example {
         *       "agreed": true,
         *       "purposes": [
         *         "interview",
         *         "evaluation"
         *       ]
         *     }
         */
        ConsentBody: {
            /** User Id */
            user_id?: string | number | null;
            /** Purposes */
            purposes: ("interview" | "evaluation")[];
            /** Agreed */
            agreed: boolean;
        };
        /** ConversationShape */
        ConversationShape: {
            /** Items */
            items: components["schemas"]["SaidShape"][];
        } & {
            [key: string]: unknown;
        };
        /** CriterionMarkBody */
        CriterionMarkBody: {
            /** Criterion Id */
            criterion_id: string;
            /** Score */
            score: number | null;
            /**
             * Comment
             * @default
             */
            comment?: string;
        };
        /** CriterionMarkShape */
        CriterionMarkShape: {
            /** Criterion Id */
            criterion_id: string;
            /** Score */
            score: number | null;
            /** Comment */
            comment: string;
        } & {
            [key: string]: unknown;
        };
        /** CurrentQuestionShape */
        CurrentQuestionShape: {
            /** Question Id */
            question_id: string | number;
            /** Question Text */
            question_text: string;
            /** Start Time */
            start_time: number;
            /** Time Limit S */
            time_limit_s: number | null;
        } & {
            [key: string]: unknown;
        };
        /** DeliveredShape */
        DeliveredShape: {
            /**
             * Success
             * @constant
             */
            success: true;
            /**
             * Data
             * @description `{delivered}`: how many sockets got it
             */
            data: {
                [key: string]: number;
            };
        } & {
            [key: string]: unknown;
        };
        /** DifferenceShape */
        DifferenceShape: {
            /** Criterion Id */
            criterion_id: string;
            /** Ai */
            ai: number | null;
            /** Human */
            human: number | null;
            /** Delta */
            delta: number | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * DisputeShape
         * @description Characters [at, at + length) that their speaker says were misheard as `heard`: corrected, or worth nothing.
         */
        DisputeShape: {
            /** At */
            at: number;
            /** Length */
            length: number;
            /** Heard */
            heard: string;
            /** Correction */
            correction: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * Empty
         * @description Nothing is needed.
         */
        Empty: Record<string, never>;
        /**
         * ErrorShape
         * @description What every refusal looks like.
         * @example {
         *       "details": "there is no such session",
         *       "error": "not_found",
         *       "info": {
         *         "reason": "session_not_found"
         *       },
         *       "message": "This interview does not exist, or you have no access to it."
         *     }
         */
        ErrorShape: {
            /**
             * Error
             * @description A stable code
             */
            error: string;
            /**
             * Message
             * @description A sentence for a person, in the language of Accept-Language
             */
            message: string;
            /**
             * Details
             * @description The particulars, in English
             */
            details: string;
            /**
             * Info
             * @description Machine-readable particulars: field, limit, retry_after, reason
             */
            info: {
                [key: string]: unknown;
            };
        };
        /**
         * EstimateBody
         * @description `again`: with what was graded before.
         */
        EstimateBody: {
            /**
             * Question Ids
             * @description All of the exam's where it is empty
             */
            question_ids?: string[];
            /**
             * Again
             * @default false
             */
            again?: boolean;
        };
        /** EstimateShape */
        EstimateShape: {
            /** Responses */
            responses: number;
            /** Model Calls */
            model_calls: number;
            /** Questions */
            questions: components["schemas"]["QuestionEstimateShape"][];
        } & {
            [key: string]: unknown;
        };
        /** EventShape */
        EventShape: {
            /** Event Id */
            event_id: string;
            /** Seq */
            seq: number;
            /** Type */
            type: string;
            /** Actor */
            actor: string;
            /** At */
            at: string;
            /** Data */
            data: {
                [key: string]: unknown;
            };
        } & {
            [key: string]: unknown;
        };
        /** ExamExportShape */
        ExamExportShape: {
            /** Title */
            title: string;
            /** Subject */
            subject: string;
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            settings: components["schemas"]["ExamSettingsBody"];
            /** Questions */
            questions: components["schemas"]["ExamQuestionBody"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * ExamLineShape
         * @description `waiting` responses wait for a person; `marked` ones are done.
         */
        ExamLineShape: {
            /** Exam Id */
            exam_id: string;
            /** Title */
            title: string;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Released */
            released: boolean;
            /** Question Count */
            question_count: number;
            /** Submissions */
            submissions: number;
            /** Responses */
            responses: number;
            /** Waiting */
            waiting: number;
            /** Marked */
            marked: number;
        } & {
            [key: string]: unknown;
        };
        /** ExamMemberBody */
        ExamMemberBody: {
            /**
             * Role
             * @enum {string}
             */
            role: "teacher" | "grader" | "reviewer";
        };
        /** ExamMemberShape */
        ExamMemberShape: {
            /** User Id */
            user_id: string;
            /** Role */
            role: string;
        } & {
            [key: string]: unknown;
        };
        /** ExamQuestionBody */
        ExamQuestionBody: {
            /**
             * Type
             * @enum {string}
             */
            type: "single_choice" | "multiple_choice" | "true_false" | "numeric" | "fill_in" | "short_answer" | "essay";
            /** Text */
            text: string;
            /**
             * Points
             * @default 1
             */
            points?: number;
            /**
             * Step
             * @description The smallest difference of points
             * @default 1
             */
            step?: number;
            /** Key */
            key?: (components["schemas"]["ChoiceKeyBody"] | components["schemas"]["TrueFalseKeyBody"] | components["schemas"]["NumericKeyBody"] | components["schemas"]["FillInKeyBody"]) | null;
            /** Model Answers */
            model_answers?: string[];
            /** Rubric */
            rubric?: components["schemas"]["ExpectedPointBody"][];
            /**
             * Guidance
             * @description A note for whoever marks
             * @default
             */
            guidance?: string;
            /**
             * Image Url
             * @default
             */
            image_url?: string;
            /** @description Where it is answered on a printed sheet */
            place?: components["schemas"]["PlaceBody"] | null;
            /** Question Id */
            question_id: string;
        };
        /**
         * ExamQuestionFields
         * @description A question without its id. Exact types (`single_choice`, `multiple_choice`, `true_false`, `numeric`, `fill_in`)
         *     have a `key`, free text (`short_answer`, `essay`) a model answer and a rubric.
         */
        ExamQuestionFields: {
            /**
             * Type
             * @enum {string}
             */
            type: "single_choice" | "multiple_choice" | "true_false" | "numeric" | "fill_in" | "short_answer" | "essay";
            /** Text */
            text: string;
            /**
             * Points
             * @default 1
             */
            points?: number;
            /**
             * Step
             * @description The smallest difference of points
             * @default 1
             */
            step?: number;
            /** Key */
            key?: (components["schemas"]["ChoiceKeyBody"] | components["schemas"]["TrueFalseKeyBody"] | components["schemas"]["NumericKeyBody"] | components["schemas"]["FillInKeyBody"]) | null;
            /** Model Answers */
            model_answers?: string[];
            /** Rubric */
            rubric?: components["schemas"]["ExpectedPointBody"][];
            /**
             * Guidance
             * @description A note for whoever marks
             * @default
             */
            guidance?: string;
            /**
             * Image Url
             * @default
             */
            image_url?: string;
            /** @description Where it is answered on a printed sheet */
            place?: components["schemas"]["PlaceBody"] | null;
        };
        /** ExamQuestionShape */
        ExamQuestionShape: {
            /** Question Id */
            question_id: string;
            /**
             * Type
             * @enum {string}
             */
            type: "single_choice" | "multiple_choice" | "true_false" | "numeric" | "fill_in" | "short_answer" | "essay";
            /** Text */
            text: string;
            /** Points */
            points: number;
            /** Step */
            step: number;
            /** Key */
            key: (components["schemas"]["ChoiceKeyBody"] | components["schemas"]["TrueFalseKeyBody"] | components["schemas"]["NumericKeyBody"] | components["schemas"]["FillInKeyBody"]) | null;
            /** Model Answers */
            model_answers: string[];
            /** Rubric */
            rubric: components["schemas"]["ExpectedPointBody"][];
            /** Guidance */
            guidance: string;
            /** Image Url */
            image_url: string;
            place: components["schemas"]["PlaceBody"] | null;
            /** Version */
            version: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * ExamResponseShape
         * @description As staff see it: with all its marks.
         */
        ExamResponseShape: {
            /** Response Id */
            response_id: string;
            /** Question Id */
            question_id: string;
            /** Question Text */
            question_text: string;
            /** Type */
            type: string;
            /** Answer */
            answer: string;
            /** Chosen */
            chosen: string[];
            /** Filled */
            filled: string[];
            /** Status */
            status: string;
            /** Points */
            points: number | null;
            /** Max Points */
            max_points: number | null;
            /** Comment */
            comment: string;
            /** Feedback */
            feedback: string;
            /** Evidence */
            evidence: components["schemas"]["SpanShape"][];
            /** Has Image */
            has_image: boolean;
            /** Submission Id */
            submission_id: string;
            /** Student Id */
            student_id: string;
            /** Quality */
            quality: number | null;
            /** Seed */
            seed: boolean;
            /** Marks */
            marks: components["schemas"]["MarkShape"][];
        } & {
            [key: string]: unknown;
        };
        /** ExamResponsesShape */
        ExamResponsesShape: {
            /** Items */
            items: components["schemas"]["ExamResponseShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ExamSettingsBody
         * @description How an exam is marked; shares are 0 to 1.
         *
         *     `blind`: markers see the AI's grade only after their own. `check_share` of the free-text responses that the AI is
         *     sure of go to a person too, `second_share` of what a person marks to a second one. `disagreement` is the share of
         *     the maximum by which two marks may differ before they are moderated, `tolerance` that within which an AI grade is
         *     accurate. What the AI is less sure of than `least_confidence`, or read from a scan poorer than `least_quality`,
         *     goes to a person. `seed_share` of a marker's tasks are hidden seed items. `pause_on_alert`: a critical alert
         *     pauses running batches.
         */
        ExamSettingsBody: {
            /**
             * Blind
             * @default true
             */
            blind?: boolean;
            /**
             * Check Share
             * @default 0.1
             */
            check_share?: number;
            /**
             * Second Share
             * @default 0
             */
            second_share?: number;
            /**
             * Disagreement
             * @default 0.1
             */
            disagreement?: number;
            /**
             * Tolerance
             * @default 0.1
             */
            tolerance?: number;
            /**
             * Least Confidence
             * @default 0.7
             */
            least_confidence?: number;
            /**
             * Least Quality
             * @default 0.6
             */
            least_quality?: number;
            /**
             * Seed Share
             * @default 0.05
             */
            seed_share?: number;
            /**
             * Pause On Alert
             * @default false
             */
            pause_on_alert?: boolean;
            /**
             * Grader
             * @default auto
             * @enum {string}
             */
            grader?: "auto" | "rubric" | "learning" | "llm";
        };
        /**
         * ExamShape
         * @description An exam in full, for its staff. `my_role` is the caller's in it; `by_status` counts responses.
         */
        ExamShape: {
            /** Exam Id */
            exam_id: string;
            /** Title */
            title: string;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Released */
            released: boolean;
            /** Question Count */
            question_count: number;
            /** Submissions */
            submissions: number;
            /** Responses */
            responses: number;
            /** Waiting */
            waiting: number;
            /** Marked */
            marked: number;
            /** Subject */
            subject: string;
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            settings: components["schemas"]["ExamSettingsBody"];
            /** Questions */
            questions: components["schemas"]["ExamQuestionShape"][];
            /** Members */
            members: components["schemas"]["ExamMemberShape"][];
            /** My Role */
            my_role: string;
            /** By Status */
            by_status: {
                [key: string]: number;
            };
            /** Marks By People */
            marks_by_people: number;
            /** Appeals Open */
            appeals_open: number;
            /** Issues */
            issues: number;
            /** Open Alerts */
            open_alerts: number;
            /** Max Points */
            max_points: number;
            /** Seq */
            seq: number;
        } & {
            [key: string]: unknown;
        };
        /** ExamsShape */
        ExamsShape: {
            /** Items */
            items: components["schemas"]["ExamLineShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ExpectedPointBody
         * @description Something a free-text answer is expected to say.
         */
        ExpectedPointBody: {
            /** Point Id */
            point_id: string;
            /** Text */
            text: string;
            /** Points */
            points: number;
            /** Alternatives */
            alternatives?: string[];
        };
        /** ExportShape */
        ExportShape: {
            /** Session Id */
            session_id: string;
            /** Events */
            events: {
                [key: string]: unknown;
            }[];
            /** Private Events */
            private_events: {
                [key: string]: unknown;
            }[];
            /** Report */
            report: {
                [key: string]: unknown;
            } | null;
        } & {
            [key: string]: unknown;
        };
        /** FailureShape */
        FailureShape: {
            /** Response Id */
            response_id: string;
            /** Reason */
            reason: string;
        } & {
            [key: string]: unknown;
        };
        /** FailuresShape */
        FailuresShape: {
            /** Items */
            items: components["schemas"]["FailureShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * FillInKeyBody
         * @description The forms accepted in each gap.
         */
        FillInKeyBody: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "fill_in";
            /** Blanks */
            blanks: components["schemas"]["BlankBody"][];
            /**
             * Any Order
             * @default false
             */
            any_order?: boolean;
        };
        /**
         * FlagBody
         * @example {
         *       "correction": "We cut it to four seconds.",
         *       "flagged": true,
         *       "utterance_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f"
         *     }
         */
        FlagBody: {
            /** Utterance Id */
            utterance_id: string;
            /**
             * Correction
             * @default
             */
            correction?: string;
            /**
             * Flagged
             * @default true
             */
            flagged?: boolean;
        };
        /** FlagShape */
        FlagShape: {
            /** Correction */
            correction: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * GradeBody
         * @description `criteria` are points by the rubric's point ids.
         * @example {
         *       "comment": "The why is missing.",
         *       "points": 1
         *     }
         */
        GradeBody: {
            /** Points */
            points: number;
            /**
             * Comment
             * @default
             */
            comment?: string;
            /** Criteria */
            criteria?: {
                [key: string]: number;
            };
            /**
             * Reason
             * @default
             */
            reason?: string;
        };
        /**
         * GradedShape
         * @description What a mark led to. `points` are those the response stands at now; a hidden seed item leaves them open.
         */
        GradedShape: {
            /** Response Id */
            response_id: string;
            /** Status */
            status: string;
            /** Points */
            points: number | null;
            /** Seq */
            seq: number;
        } & {
            [key: string]: unknown;
        };
        /** HealthShape */
        HealthShape: {
            /**
             * Status
             * @constant
             */
            status: "ok";
            /** Version */
            version: string;
        } & {
            [key: string]: unknown;
        };
        /** HistoryShape */
        HistoryShape: {
            /** Items */
            items: components["schemas"]["EventShape"][];
            /** Last Seq */
            last_seq: number;
            /** Epoch */
            epoch: string;
            /** Next After */
            next_after: number | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ImportShape
         * @description `rows` came, `valid` of them could be stored, `stored` were; `preview` shows the first of the valid ones.
         */
        ImportShape: {
            /** Rows */
            rows: number;
            /** Valid */
            valid: number;
            /** Stored */
            stored: number;
            /** Errors */
            errors: components["schemas"]["RowErrorShape"][];
            /** Preview */
            preview: components["schemas"]["PreviewShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * InterviewBody
         * @example {
         *       "candidate_name": "Alex Park",
         *       "competencies": [
         *         "technical_depth",
         *         "problem_solving",
         *         "teamwork"
         *       ],
         *       "duration_minutes": 30,
         *       "evaluation_visibility": "sealed",
         *       "interview_style": "friendly",
         *       "job_description": "You build and run our payment services.",
         *       "kind": "dialogue",
         *       "language": "en",
         *       "resume": "",
         *       "role": "Backend engineer",
         *       "title": "Backend engineer, first round"
         *     }
         * @example {
         *       "kind": "room",
         *       "language": "en",
         *       "participants": [
         *         {
         *           "name": "Lee Seojun",
         *           "role": "interviewer",
         *           "user_id": "user_2"
         *         }
         *       ],
         *       "question_set_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
         *       "scheduled_at": "2026-01-31T08:15:00Z",
         *       "title": "Backend engineer, second round"
         *     }
         * @example {
         *       "candidates": [
         *         {
         *           "name": "Kim Minsu"
         *         },
         *         {
         *           "name": "Lee Jiwoo",
         *           "user_id": "user_7"
         *         }
         *       ],
         *       "kind": "panel",
         *       "language": "ko",
         *       "participants": [
         *         {
         *           "name": "Lee Seojun",
         *           "role": "interviewer",
         *           "user_id": "user_2"
         *         }
         *       ],
         *       "role": "Backend engineer",
         *       "rubric_id": "panel",
         *       "title": "Backend engineers, group interview"
         *     }
         */
        InterviewBody: {
            /**
             * Kind
             * @default dialogue
             * @enum {string}
             */
            kind?: "dialogue" | "room" | "panel";
            /** Session Id */
            session_id?: string | null;
            /**
             * Title
             * @default
             */
            title?: string;
            /**
             * Language
             * @default en
             * @enum {string}
             */
            language?: "en" | "ko" | "zh";
            /**
             * Role
             * @default
             */
            role?: string;
            /**
             * Interview Style
             * @default friendly
             * @enum {string}
             */
            interview_style?: "formal" | "friendly" | "technical" | "relaxed";
            /** Competencies */
            competencies?: string[];
            /**
             * Duration Minutes
             * @default 30
             */
            duration_minutes?: number;
            /**
             * Job Description
             * @default
             */
            job_description?: string;
            /**
             * Resume
             * @default
             */
            resume?: string;
            /**
             * Candidate Name
             * @default
             */
            candidate_name?: string;
            /**
             * Evaluation Visibility
             * @default sealed
             * @enum {string}
             */
            evaluation_visibility?: "sealed" | "live";
            /**
             * Question Set Id
             * @description Of a room: the questions to be asked, as they are now
             */
            question_set_id?: string | null;
            /**
             * Question Set Version
             * @description An older version of the set
             */
            question_set_version?: number | null;
            /**
             * Scheduled At
             * @description Of a room: when it is to begin
             */
            scheduled_at?: string | null;
            /**
             * Rubric Id
             * @description Of a panel: what its candidates are judged by, as it is now; left out: the built-in one
             */
            rubric_id?: string | null;
            /**
             * Rubric Version
             * @description An older version of the rubric
             */
            rubric_version?: string | null;
            /** Candidates */
            candidates?: components["schemas"]["CandidateBody"][];
            /** Participants */
            participants?: components["schemas"]["ParticipantBody"][];
        };
        /**
         * InvitationBody
         * @example {
         *       "expires_in_hours": 72,
         *       "name": "Lee Seojun"
         *     }
         */
        InvitationBody: {
            /** Name */
            name: string;
            /**
             * Expires In Hours
             * @default 336
             */
            expires_in_hours?: number;
            /**
             * Role
             * @default candidate
             * @enum {string}
             */
            role?: "candidate" | "observer" | "interviewer";
        };
        /** InvitationShape */
        InvitationShape: {
            /** Invitation Id */
            invitation_id: string;
            /** Name */
            name: string;
            /** Role */
            role: string;
            /** Created At */
            created_at: string;
            /** Expires At */
            expires_at: string;
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "accepted" | "revoked" | "expired";
            /** User Id */
            user_id: string;
        } & {
            [key: string]: unknown;
        };
        /** InvitationsShape */
        InvitationsShape: {
            /** Items */
            items: components["schemas"]["InvitationShape"][];
        } & {
            [key: string]: unknown;
        };
        /** IssueBody */
        IssueBody: {
            /**
             * Task Id
             * @default
             */
            task_id?: string;
            /** Text */
            text: string;
        };
        /** IssueMadeShape */
        IssueMadeShape: {
            /** Issue Id */
            issue_id: string;
        } & {
            [key: string]: unknown;
        };
        /** IssueShape */
        IssueShape: {
            /** Issue Id */
            issue_id: string;
            /** Task Id */
            task_id: string;
            /** Submission Id */
            submission_id: string;
            /** Reported By */
            reported_by: string;
            /** Text */
            text: string;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /** IssuesShape */
        IssuesShape: {
            /** Items */
            items: components["schemas"]["IssueShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ItemShape
         * @description `difficulty` is the mean share of the points; `discrimination` the correlation with the rest of the exam.
         */
        ItemShape: {
            /** Question Id */
            question_id: string;
            /** Type */
            type: string;
            /** Marked */
            marked: number;
            /** Max Points */
            max_points: number;
            /** Mean Points */
            mean_points: number | null;
            /** Difficulty */
            difficulty: number | null;
            /** Discrimination */
            discrimination: number | null;
        } & {
            [key: string]: unknown;
        };
        /** ItemsShape */
        ItemsShape: {
            /** Items */
            items: components["schemas"]["ItemShape"][];
        } & {
            [key: string]: unknown;
        };
        /** LeaseShape */
        LeaseShape: {
            /** Lease Until */
            lease_until: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * LinkBody
         * @description The token of a one-time link.
         */
        LinkBody: {
            /** Token */
            token: string;
        };
        /** LocalisedBody */
        LocalisedBody: {
            /**
             * En
             * @default
             */
            en?: string;
            /**
             * Ko
             * @default
             */
            ko?: string;
            /**
             * Zh
             * @default
             */
            zh?: string;
        };
        /** MarkShape */
        MarkShape: {
            /** Kind */
            kind: string;
            /** Rater */
            rater: string;
            /** Points */
            points: number | null;
            /** Points By */
            points_by: {
                [key: string]: number;
            };
            /** Comment */
            comment: string;
            /** Reason */
            reason: string;
            /** Ai Status */
            ai_status: string;
            /** Confidence */
            confidence: number | null;
            /** Evidence */
            evidence: components["schemas"]["SpanShape"][];
            /** Rationale */
            rationale: string;
            /** Feedback */
            feedback: string;
            stamp: components["schemas"]["StampShape"] | null;
            /** Question Version */
            question_version: number;
            /** Batch Id */
            batch_id: string;
            /** At */
            at: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * MatrixShape
         * @description How often a person gave what (rows) where the AI gave what (columns); `points` names rows and columns.
         */
        MatrixShape: {
            /** Question Id */
            question_id: string;
            /** Points */
            points: number[];
            /** Counts */
            counts: number[][];
        } & {
            [key: string]: unknown;
        };
        /**
         * MessageBody
         * @example {
         *       "client_id": "m-1",
         *       "text": "I led the move to event sourcing."
         *     }
         */
        MessageBody: {
            /** User Id */
            user_id?: string | number | null;
            /** Text */
            text: string;
            /** Client Id */
            client_id?: string | null;
            /** Context */
            context?: unknown;
        };
        /**
         * MetricsShape
         * @description `accuracyRate` and `consistencyScore` are null without a double-marked response.
         */
        MetricsShape: {
            /** Accuracyrate */
            accuracyRate: number | null;
            /** Consistencyscore */
            consistencyScore: number | null;
            /** Processingspeed */
            processingSpeed: number;
            /** Errorrate */
            errorRate: number;
            /** Lastupdated */
            lastUpdated: string;
            /** Doublemarked */
            doubleMarked: number;
        } & {
            [key: string]: unknown;
        };
        /** MyResultShape */
        MyResultShape: {
            /** Exam Id */
            exam_id: string;
            /** Exam Title */
            exam_title: string;
            /** Submission Id */
            submission_id: string;
            /** Points */
            points: number;
            /** Max Points */
            max_points: number;
            /** Marked */
            marked: number;
            /** Responses */
            responses: number;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /** MyResultsShape */
        MyResultsShape: {
            /** Items */
            items: components["schemas"]["MyResultShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * NewApiKeyBody
         * @description `sessions` and `exams` are what the key is for besides what it creates itself; `*` alone is all.
         * @example {
         *       "name": "Applicant tracking",
         *       "role": "recruiter"
         *     }
         */
        NewApiKeyBody: {
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "teacher" | "grader" | "reviewer";
            /** Sessions */
            sessions?: string[];
            /** Exams */
            exams?: string[];
            /**
             * Expires At
             * @description Null: when it is revoked
             */
            expires_at?: string | null;
        };
        /**
         * NewApiKeyShape
         * @example {
         *       "created_at": "2026-01-31T08:15:00.123Z",
         *       "created_by": "user_1",
         *       "exams": [],
         *       "key_id": "0195f3c0a1b27c3d8e4f5a6b7c8d9e0f",
         *       "name": "Applicant tracking",
         *       "role": "recruiter",
         *       "secret": "vvk_k0Jq2gkY0Tt7m8Wb1vVqZ3yq4s5u6w7x8y9zAaBbCcD",
         *       "sessions": [],
         *       "status": "active",
         *       "user_id": "key:0195f3c0a1b27c3d8e4f5a6b7c8d9e0f"
         *     }
         */
        NewApiKeyShape: {
            /** Key Id */
            key_id: string;
            /**
             * User Id
             * @description Who the key is in sessions and in the audit record
             */
            user_id: string;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Sessions */
            sessions: string[];
            /** Exams */
            exams: string[];
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Expires At */
            expires_at: string | null;
            /**
             * Used At
             * @description Noted every few minutes
             */
            used_at: string | null;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "expired" | "revoked";
            /**
             * Secret
             * @description For `Authorization: Bearer`; shown only in this answer
             */
            secret: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * NewBatchBody
         * @description `full`: what was never graded; `trial`: up to `sample` responses of each question, to see what the grader makes
         *     of them; `regrade`: everything again.
         * @example {
         *       "purpose": "trial",
         *       "sample": 20
         *     }
         */
        NewBatchBody: {
            /** Batch Id */
            batch_id?: string | null;
            /**
             * Purpose
             * @default full
             * @enum {string}
             */
            purpose?: "full" | "trial" | "regrade";
            /**
             * Question Ids
             * @description All of the exam's where it is empty
             */
            question_ids?: string[];
            /**
             * Sample
             * @default 20
             */
            sample?: number;
        };
        /**
         * NewExamBody
         * @description What `/exams/{exam_id}/export` gives can be sent here as it is.
         * @example {
         *       "language": "en",
         *       "questions": [
         *         {
         *           "model_answers": [
         *             "Ice is less dense than liquid water, because its crystals leave room between the molecules."
         *           ],
         *           "points": 2,
         *           "question_id": "q1",
         *           "rubric": [
         *             {
         *               "alternatives": [
         *                 "lighter"
         *               ],
         *               "point_id": "density",
         *               "points": 1,
         *               "text": "Ice is less dense than water"
         *             },
         *             {
         *               "point_id": "crystal",
         *               "points": 1,
         *               "text": "The crystal leaves room between molecules"
         *             }
         *           ],
         *           "step": 1,
         *           "text": "Why does ice float on water?",
         *           "type": "short_answer"
         *         },
         *         {
         *           "key": {
         *             "correct": [
         *               "A"
         *             ],
         *             "options": [
         *               {
         *                 "option_id": "A",
         *                 "text": "Argon"
         *               },
         *               {
         *                 "option_id": "B",
         *                 "text": "Nitrogen"
         *               }
         *             ],
         *             "type": "choice"
         *           },
         *           "points": 1,
         *           "question_id": "q2",
         *           "text": "Which is a noble gas?",
         *           "type": "single_choice"
         *         }
         *       ],
         *       "title": "Chemistry, term 1"
         *     }
         */
        NewExamBody: {
            /** Exam Id */
            exam_id?: string | null;
            /** Title */
            title: string;
            /**
             * Subject
             * @default
             */
            subject?: string;
            /**
             * Language
             * @default en
             * @enum {string}
             */
            language?: "en" | "ko" | "zh";
            settings?: components["schemas"]["ExamSettingsBody"];
            /** Questions */
            questions?: components["schemas"]["ExamQuestionBody"][];
        };
        /** NewInvitationShape */
        NewInvitationShape: {
            /** Invitation Id */
            invitation_id: string;
            /** Name */
            name: string;
            /** Role */
            role: string;
            /** Created At */
            created_at: string;
            /** Expires At */
            expires_at: string;
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "accepted" | "revoked" | "expired";
            /** User Id */
            user_id: string;
            /**
             * Url
             * @description The link for the invited person
             */
            url: string;
            /**
             * Token
             * @description Shown only in this answer
             */
            token: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * NewQuestionSetBody
         * @example {
         *       "language": "en",
         *       "questions": [
         *         {
         *           "competency": "technical_depth",
         *           "question_id": "q1",
         *           "rubric": {
         *             "criteria": [
         *               {
         *                 "description": "Explains causes, not only steps",
         *                 "name": "Depth",
         *                 "weight": 2
         *               }
         *             ],
         *             "expected_points": [
         *               "how the change was rolled out",
         *               "how it could have been taken back"
         *             ]
         *           },
         *           "text": "Tell us about a system that you changed while it was in use.",
         *           "time_limit_s": 180
         *         }
         *       ],
         *       "title": "Backend engineer, first round"
         *     }
         */
        NewQuestionSetBody: {
            /** Title */
            title: string;
            /**
             * Language
             * @default en
             * @enum {string}
             */
            language?: "en" | "ko" | "zh";
            /** Questions */
            questions: components["schemas"]["QuestionBody"][];
        };
        /**
         * NewUserBody
         * @example {
         *       "email": "minji@example.com",
         *       "name": "Kim Minji",
         *       "role": "recruiter"
         *     }
         */
        NewUserBody: {
            /** Email */
            email: string;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Password */
            password?: string | null;
            /**
             * Language
             * @default
             * @enum {string}
             */
            language?: "" | "en" | "ko" | "zh";
        };
        /**
         * NewUserShape
         * @example {
         *       "email": "minji@example.com",
         *       "language": "ko",
         *       "name": "Kim Minji",
         *       "role": "recruiter",
         *       "user_id": "user_0195f3c0a1b27c3d8e4f"
         *     }
         */
        NewUserShape: {
            /** User Id */
            user_id: string;
            /** Name */
            name: string;
            /** Email */
            email: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Language */
            language: string;
            /** Created At */
            created_at: string;
            /** Disabled */
            disabled: boolean;
            /**
             * Sign In Url
             * @description A one-time link, when the user has no password yet
             */
            sign_in_url: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * NewVersionBody
         * @description The whole next version; `expected_version` is the one it was made from.
         * @example {
         *       "criteria": [
         *         {
         *           "criterion_id": "patient_safety",
         *           "description": {
         *             "en": "Puts the safety of patients before speed.",
         *             "ko": "속도보다 환자의 안전을 앞세운다."
         *           },
         *           "keywords": [
         *             "double check",
         *             "allergy",
         *             "이중 확인"
         *           ],
         *           "levels": [
         *             {
         *               "en": "Describes skipping a check and defends it.",
         *               "ko": "점검을 건너뛴 일을 말하고 그것을 옹호한다."
         *             },
         *             {
         *               "en": "Says that safety matters, without an example.",
         *               "ko": "안전이 중요하다고 말하지만 사례가 없다."
         *             },
         *             {
         *               "en": "Describes a check that was carried out.",
         *               "ko": "실제로 수행한 점검을 설명한다."
         *             },
         *             {
         *               "en": "Describes a risk that was seen, stopped and reported.",
         *               "ko": "위험을 발견해 멈추고 보고한 일을 말한다."
         *             },
         *             {
         *               "en": "Describes how a risk was removed for good.",
         *               "ko": "위험을 근본적으로 없앤 일을 말한다."
         *             }
         *           ],
         *           "name": {
         *             "en": "Patient safety",
         *             "ko": "환자 안전"
         *           },
         *           "weight": 2
         *         }
         *       ],
         *       "title": "Ward nurses"
         *     }
         */
        NewVersionBody: {
            /** Title */
            title: string;
            /** Criteria */
            criteria: components["schemas"]["vivavoce__http__shapes__rubrics__CriterionBody"][];
            /** Expected Version */
            expected_version?: string | null;
        };
        /** NextTaskBody */
        NextTaskBody: {
            /**
             * Question Id
             * @description Only of this question
             */
            question_id?: string | null;
        };
        /** NextTaskShape */
        NextTaskShape: {
            task: components["schemas"]["TaskShape"] | null;
            /** Waiting */
            waiting: number;
        } & {
            [key: string]: unknown;
        };
        /** NoteShape */
        NoteShape: {
            /** Note Id */
            note_id: string;
            /** Speaker */
            speaker: string;
            /** Speaker Id */
            speaker_id: string;
            /** Note */
            note: string;
            /** Author */
            author: string;
            /** Author Id */
            author_id: string;
            /** At S */
            at_s: number;
            /** Timestamp */
            timestamp: unknown;
        } & {
            [key: string]: unknown;
        };
        /** NotesShape */
        NotesShape: {
            /** Items */
            items: components["schemas"]["NoteShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * NumericKeyBody
         * @description A number: the tolerances are absolute in `unit`, and relative (0.01: one per cent); the wider one counts.
         */
        NumericKeyBody: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "numeric";
            /** Value */
            value: number;
            /**
             * Tolerance
             * @default 0
             */
            tolerance?: number;
            /**
             * Relative Tolerance
             * @default 0
             */
            relative_tolerance?: number;
            /**
             * Unit
             * @default
             */
            unit?: string;
            /**
             * Unit Required
             * @default false
             */
            unit_required?: boolean;
            /**
             * Without Unit Share
             * @default 0
             */
            without_unit_share?: number;
        };
        /** OptionBody */
        OptionBody: {
            /** Option Id */
            option_id: string;
            /**
             * Text
             * @default
             */
            text?: string;
        };
        /**
         * OverrideBody
         * @description A grade is changed with a reason.
         * @example {
         *       "points": 2,
         *       "reason": "The sketch says it."
         *     }
         */
        OverrideBody: {
            /** Points */
            points: number;
            /**
             * Comment
             * @default
             */
            comment?: string;
            /** Criteria */
            criteria?: {
                [key: string]: number;
            };
            /** Reason */
            reason: string;
        };
        /**
         * OwnScorecardBody
         * @example {
         *       "comment": "",
         *       "criteria": [
         *         {
         *           "comment": "Named what others did.",
         *           "criterion_id": "teamwork",
         *           "score": 4
         *         }
         *       ],
         *       "recommendation": "yes"
         *     }
         */
        OwnScorecardBody: {
            /** User Id */
            user_id?: string | number | null;
            /** Criteria */
            criteria: components["schemas"]["CriterionMarkBody"][];
            /**
             * Recommendation
             * @enum {string}
             */
            recommendation: "definitely_no" | "no" | "no_decision" | "yes" | "strong_yes";
            /**
             * Comment
             * @default
             */
            comment?: string;
            /**
             * Candidate
             * @description Of a panel with several: whose (id or name)
             * @default
             */
            candidate?: string;
        };
        /** OwnScorecardShape */
        OwnScorecardShape: {
            /** Scorecard Id */
            scorecard_id: string;
            /** Author Id */
            author_id: string;
            /** Author Name */
            author_name: string;
            /** Submitted At */
            submitted_at: string;
            /** Criteria */
            criteria: components["schemas"]["CriterionMarkShape"][];
            /**
             * Recommendation
             * @enum {string}
             */
            recommendation: "definitely_no" | "no" | "no_decision" | "yes" | "strong_yes";
            /** Comment */
            comment: string;
        } & {
            [key: string]: unknown;
        };
        /** OwnScorecardsShape */
        OwnScorecardsShape: {
            /** Items */
            items: components["schemas"]["OwnScorecardShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * PanelReportShape
         * @description The report of a panel. Of a candidate who is `sealed` for its reader every score is null, evidence is empty.
         */
        PanelReportShape: {
            /**
             * Kind
             * @constant
             */
            kind: "panel";
            /** Session Id */
            session_id: string;
            /** Generated At */
            generated_at: string;
            /** Language */
            language: string;
            /** Visibility */
            visibility: string;
            /** Sealed */
            sealed: boolean;
            /** Summary */
            summary: {
                [key: string]: unknown;
            };
            /** Rubric */
            rubric: {
                [key: string]: unknown;
            };
            /** Speakers */
            speakers: {
                [key: string]: unknown;
            }[];
            /** Candidates */
            candidates: {
                [key: string]: unknown;
            }[];
            /** Questions */
            questions: {
                [key: string]: unknown;
            }[];
            /** Transcript */
            transcript: {
                [key: string]: unknown;
            }[];
            /** Notes */
            notes: {
                [key: string]: unknown;
            }[];
            /** Notices */
            notices: string[];
            /** Engines */
            engines: {
                [key: string]: unknown;
            }[];
        } & {
            [key: string]: unknown;
        };
        /** PanelShape */
        PanelShape: {
            /** Session Id */
            session_id: string;
            /** Status */
            status: string;
            /** Language */
            language: string;
            /** Visibility */
            visibility: string;
            /** My Role */
            my_role: string;
            /** Start Time */
            start_time: string | null;
            /** End Time */
            end_time: string | null;
            /** Duration */
            duration: number;
            /** Speakers */
            speakers: {
                [key: string]: unknown;
            }[];
            /** Transcripts */
            transcripts: {
                [key: string]: unknown;
            }[];
            /** Evaluations */
            evaluations: {
                [key: string]: unknown;
            }[];
            /** Speaker Notes */
            speaker_notes: {
                [key: string]: {
                    [key: string]: unknown;
                }[];
            };
            /** Speaker Stats */
            speaker_stats: {
                [key: string]: {
                    [key: string]: unknown;
                };
            };
            /** Report */
            report: string;
        } & {
            [key: string]: unknown;
        };
        /** PanelStatusShape */
        PanelStatusShape: {
            /** Session Id */
            session_id: string;
            /** Is Active */
            is_active: boolean;
            /** Start Time */
            start_time: string | null;
            /** Duration */
            duration: number;
            /** Total Transcripts */
            total_transcripts: number;
            /** Total Evaluations */
            total_evaluations: number;
            /** Speakers */
            speakers: string[];
        } & {
            [key: string]: unknown;
        };
        /** ParticipantBody */
        ParticipantBody: {
            /** User Id */
            user_id: string;
            /**
             * Role
             * @enum {string}
             */
            role: "recruiter" | "interviewer" | "observer" | "candidate";
            /**
             * Name
             * @default
             */
            name?: string;
        };
        /** ParticipantShape */
        ParticipantShape: {
            /** User Id */
            user_id: string;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "removed";
            /** Connected */
            connected: boolean;
            /** Invitation Id */
            invitation_id: string | null;
        } & {
            [key: string]: unknown;
        };
        /** ParticipantsShape */
        ParticipantsShape: {
            /** Items */
            items: components["schemas"]["ParticipantShape"][];
        } & {
            [key: string]: unknown;
        };
        /** PinnedRubricShape */
        PinnedRubricShape: {
            /** Rubric Id */
            rubric_id: string;
            /** Version */
            version: string;
            /** Title */
            title: string;
        } & {
            [key: string]: unknown;
        };
        /** PinnedSetShape */
        PinnedSetShape: {
            /** Question Set Id */
            question_set_id: string;
            /** Version */
            version: number;
            /** Title */
            title: string;
            /** Question Count */
            question_count: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * PlaceBody
         * @description A rectangle of a page; every option of a choice has its bubble, and what is answered in writing has none.
         */
        PlaceBody: {
            /**
             * Page
             * @default 1
             */
            page?: number;
            box: components["schemas"]["BoxBody"];
            /** Bubbles */
            bubbles?: components["schemas"]["BubbleBody"][];
        };
        /** PlanShape */
        PlanShape: {
            /** Competencies */
            competencies: components["schemas"]["PlannedCompetencyShape"][];
        } & {
            [key: string]: unknown;
        };
        /** PlannedCompetencyShape */
        PlannedCompetencyShape: {
            /** Competency */
            competency: string;
            /** Name */
            name: string;
            /** Minutes */
            minutes: number;
            /** Why */
            why: string;
            /** Questions */
            questions: components["schemas"]["PlannedQuestionShape"][];
        } & {
            [key: string]: unknown;
        };
        /** PlannedQuestionShape */
        PlannedQuestionShape: {
            /** Question Id */
            question_id: string;
            /** Text */
            text: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * PreparedQuestionsShape
         * @description The questions as the room took them: a later edit of the set changes nothing here.
         */
        PreparedQuestionsShape: {
            question_set: components["schemas"]["PinnedSetShape"] | null;
            /** Questions */
            questions: components["schemas"]["QuestionShape"][];
        } & {
            [key: string]: unknown;
        };
        /** PreviewShape */
        PreviewShape: {
            /** Student Id */
            student_id: string;
            /** Student Name */
            student_name: string;
            /** Class Id */
            class_id: string;
            /** Answers */
            answers: {
                [key: string]: string;
            };
        } & {
            [key: string]: unknown;
        };
        /** QualityShape */
        QualityShape: {
            metrics: components["schemas"]["MetricsShape"];
            /** Questions */
            questions: components["schemas"]["QuestionQualityShape"][];
            /** Raters */
            raters: components["schemas"]["RaterQualityShape"][];
        } & {
            [key: string]: unknown;
        };
        /** QuestionBody */
        QuestionBody: {
            /**
             * Question Id
             * @description Unique in its set; `q1`, `q2`, … where none is given
             */
            question_id?: string | null;
            /** Text */
            text: string;
            /** Time Limit S */
            time_limit_s?: number | null;
            /**
             * Competency
             * @description As `/competencies` lists them
             * @default
             */
            competency?: string;
            rubric?: components["schemas"]["QuestionRubricBody"] | null;
        };
        /** QuestionCriterionShape */
        QuestionCriterionShape: {
            /** Name */
            name: string;
            /** Description */
            description: string;
            /** Weight */
            weight: number;
        } & {
            [key: string]: unknown;
        };
        /** QuestionEstimateShape */
        QuestionEstimateShape: {
            /** Question Id */
            question_id: string;
            /** Responses */
            responses: number;
            /**
             * By Model
             * @description A language model is asked, once for each response
             */
            by_model: boolean;
        } & {
            [key: string]: unknown;
        };
        /** QuestionQualityShape */
        QuestionQualityShape: {
            /** Question Id */
            question_id: string;
            /** Marks */
            marks: number;
            /** Accuracy */
            accuracy: number | null;
            /** Kappa */
            kappa: number | null;
            /** Exact */
            exact: number | null;
            /** Bias */
            bias: number | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * QuestionRubricBody
         * @description How answers to this question are judged.
         */
        QuestionRubricBody: {
            /** Criteria */
            criteria?: components["schemas"]["vivavoce__http__shapes__question_sets__CriterionBody"][];
            /**
             * Expected Points
             * @description What a good answer says
             */
            expected_points?: string[];
        };
        /** QuestionRubricShape */
        QuestionRubricShape: {
            /** Criteria */
            criteria: components["schemas"]["QuestionCriterionShape"][];
            /** Expected Points */
            expected_points: string[];
        } & {
            [key: string]: unknown;
        };
        /**
         * QuestionSetLineShape
         * @example {
         *       "archived": false,
         *       "created_at": "2026-01-31T08:15:00.123Z",
         *       "created_by": "user_1",
         *       "language": "en",
         *       "question_count": 1,
         *       "question_set_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
         *       "time_s": 180,
         *       "title": "Backend engineer, first round",
         *       "updated_at": "2026-02-02T10:00:00.000Z",
         *       "updated_by": "user_1",
         *       "version": 3
         *     }
         */
        QuestionSetLineShape: {
            /** Question Set Id */
            question_set_id: string;
            /** Version */
            version: number;
            /** Title */
            title: string;
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            /** Question Count */
            question_count: number;
            /**
             * Time S
             * @description The sum of the time limits, in seconds
             */
            time_s: number;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Updated By */
            updated_by: string;
            /** Updated At */
            updated_at: string;
            /** Archived */
            archived: boolean;
        } & {
            [key: string]: unknown;
        };
        /**
         * QuestionSetShape
         * @example {
         *       "archived": false,
         *       "created_at": "2026-01-31T08:15:00.123Z",
         *       "created_by": "user_1",
         *       "language": "en",
         *       "question_count": 1,
         *       "question_set_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
         *       "questions": [
         *         {
         *           "competency": "technical_depth",
         *           "question_id": "q1",
         *           "rubric": {
         *             "criteria": [
         *               {
         *                 "description": "Explains causes, not only steps",
         *                 "name": "Depth",
         *                 "weight": 2
         *               }
         *             ],
         *             "expected_points": [
         *               "how the change was rolled out",
         *               "how it could have been taken back"
         *             ]
         *           },
         *           "text": "Tell us about a system that you changed while it was in use.",
         *           "time_limit_s": 180
         *         }
         *       ],
         *       "time_s": 180,
         *       "title": "Backend engineer, first round",
         *       "updated_at": "2026-02-02T10:00:00.000Z",
         *       "updated_by": "user_1",
         *       "version": 3
         *     }
         */
        QuestionSetShape: {
            /** Question Set Id */
            question_set_id: string;
            /** Version */
            version: number;
            /** Title */
            title: string;
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            /** Question Count */
            question_count: number;
            /**
             * Time S
             * @description The sum of the time limits, in seconds
             */
            time_s: number;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Updated By */
            updated_by: string;
            /** Updated At */
            updated_at: string;
            /** Archived */
            archived: boolean;
            /** Questions */
            questions: components["schemas"]["QuestionShape"][];
        } & {
            [key: string]: unknown;
        };
        /** QuestionSetsShape */
        QuestionSetsShape: {
            /** Items */
            items: components["schemas"]["QuestionSetLineShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** QuestionShape */
        QuestionShape: {
            /** Question Id */
            question_id: string;
            /** Text */
            text: string;
            /** Time Limit S */
            time_limit_s: number | null;
            /** Competency */
            competency: string;
            rubric: components["schemas"]["QuestionRubricShape"] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * QuestionVersionShape
         * @description A change of an exam's definition. `question` is None where the head was changed or a question removed.
         */
        QuestionVersionShape: {
            /** Seq */
            seq: number;
            /** At */
            at: string;
            /** By */
            by: string;
            /**
             * Change
             * @enum {string}
             */
            change: "created" | "changed" | "question_set" | "question_removed";
            /** Question Id */
            question_id: string;
            /** Regrades */
            regrades: boolean;
            question: components["schemas"]["ExamQuestionShape"] | null;
        } & {
            [key: string]: unknown;
        };
        /** QuestionVersionsShape */
        QuestionVersionsShape: {
            /** Items */
            items: components["schemas"]["QuestionVersionShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** QuotationShape */
        QuotationShape: {
            /** Criterion */
            criterion: string;
            /** Quote */
            quote: string;
            /** Start */
            start: number;
            /** End */
            end: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * RaterQualityShape
         * @description As shares of the maximum: a `severity` below 0 is severe; `drift` is how far the newest
         *     ten marks have moved away from the others' marks, against the forty before them.
         */
        RaterQualityShape: {
            /** Rater */
            rater: string;
            /** Marks */
            marks: number;
            /** Severity */
            severity: number;
            /** Drift */
            drift: number | null;
        } & {
            [key: string]: unknown;
        };
        /** ReadinessShape */
        ReadinessShape: {
            /** Ready */
            ready: boolean;
            /** Parts */
            parts: {
                [key: string]: string;
            };
        } & {
            [key: string]: unknown;
        };
        /** ReceiptShape */
        ReceiptShape: {
            /** Session Id */
            session_id: string;
            /** Erased At */
            erased_at: string;
            /** By */
            by: string;
            /** Events */
            events: number;
            /** Digest */
            digest: string;
        } & {
            [key: string]: unknown;
        };
        /** RecordingShape */
        RecordingShape: {
            /** Recording Id */
            recording_id: string;
            /** User Id */
            user_id: string;
            /** Audio Format */
            audio_format: string;
            /** Bytes */
            bytes: number;
            /** Duration S */
            duration_s: number | null;
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "processing" | "heard";
            /** At */
            at: string;
            /** At S */
            at_s: number;
        } & {
            [key: string]: unknown;
        };
        /** RecordingsShape */
        RecordingsShape: {
            /** Items */
            items: components["schemas"]["RecordingShape"][];
        } & {
            [key: string]: unknown;
        };
        /** RefreshBody */
        RefreshBody: {
            /** Refresh Token */
            refresh_token: string;
        };
        /**
         * ReplyShape
         * @description The interviewer's reply, as `ai_response` carries it.
         */
        ReplyShape: {
            /** User Input */
            user_input: string;
            /** Ai Response */
            ai_response: string;
            /** Response Type */
            response_type: string;
            /** Strategy Used */
            strategy_used: string;
            /** Focus Area */
            focus_area: string;
            /** Confidence */
            confidence: number | null;
            /** Processing Time */
            processing_time: number;
            /** Transcription Info */
            transcription_info: {
                [key: string]: unknown;
            };
            /** Seq */
            seq: number;
            /** Event Id */
            event_id: string;
            /** Input Seq */
            input_seq: number;
            /** Client Id */
            client_id: string | null;
            /** Turn Id */
            turn_id: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * ReportShape
         * @description A report as its reader may see it. While `sealed`, every score, level, anchor, confidence, rationale and
         *     feedback is null, and evidence, strengths and gaps are empty.
         */
        ReportShape: {
            /** Session Id */
            session_id: string;
            /** Generated At */
            generated_at: string;
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            /**
             * Visibility
             * @enum {string}
             */
            visibility: "sealed" | "live";
            /** Sealed */
            sealed: boolean;
            /** Summary */
            summary: {
                [key: string]: unknown;
            };
            /** Scorecard */
            scorecard: {
                [key: string]: unknown;
            };
            /** Rubric */
            rubric: {
                [key: string]: unknown;
            };
            /** Transcript */
            transcript: {
                [key: string]: unknown;
            }[];
            /** Timeline */
            timeline: {
                [key: string]: unknown;
            }[];
            /** Notices */
            notices: string[];
            /** Own Scorecards */
            own_scorecards: components["schemas"]["OwnScorecardShape"][];
            /** Differences */
            differences: components["schemas"]["DifferenceShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * ResultResponseShape
         * @description A response with its points, as its student may see it.
         */
        ResultResponseShape: {
            /** Response Id */
            response_id: string;
            /** Question Id */
            question_id: string;
            /** Question Text */
            question_text: string;
            /** Type */
            type: string;
            /** Answer */
            answer: string;
            /** Chosen */
            chosen: string[];
            /** Filled */
            filled: string[];
            /** Status */
            status: string;
            /** Points */
            points: number | null;
            /** Max Points */
            max_points: number | null;
            /** Comment */
            comment: string;
            /** Feedback */
            feedback: string;
            /** Evidence */
            evidence: components["schemas"]["SpanShape"][];
            /** Has Image */
            has_image: boolean;
        } & {
            [key: string]: unknown;
        };
        /** ResultRowShape */
        ResultRowShape: {
            /** Submission Id */
            submission_id: string;
            /** Student Id */
            student_id: string;
            /** Student Name */
            student_name: string;
            /** Class Id */
            class_id: string;
            /** Points */
            points: number;
            /** Max Points */
            max_points: number;
            /** Marked */
            marked: number;
            /** By Question */
            by_question: {
                [key: string]: number | null;
            };
        } & {
            [key: string]: unknown;
        };
        /** ResultRowsShape */
        ResultRowsShape: {
            /** Items */
            items: components["schemas"]["ResultRowShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ResultShape
         * @description A student's own result.
         */
        ResultShape: {
            /** Exam Id */
            exam_id: string;
            /** Exam Title */
            exam_title: string;
            /** Submission Id */
            submission_id: string;
            /** Student Id */
            student_id: string;
            /** Student Name */
            student_name: string;
            /** Class Id */
            class_id: string;
            /** Overall Quality */
            overall_quality: number | null;
            /** Created At */
            created_at: string;
            /** Points */
            points: number;
            /** Max Points */
            max_points: number;
            /** Marked */
            marked: number;
            /** Responses */
            responses: components["schemas"]["ResultResponseShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * RoomEventBody
         * @example {
         *       "client_id": "p-1",
         *       "data": {
         *         "question": "Ready?"
         *       },
         *       "event": "poll_opened"
         *     }
         */
        RoomEventBody: {
            /** Event */
            event: string;
            /** Data */
            data?: {
                [key: string]: unknown;
            };
            /**
             * To Staff
             * @description For those who lead the interview alone
             * @default false
             */
            to_staff?: boolean;
            /** Client Id */
            client_id?: string | null;
        };
        /** RoomEventShape */
        RoomEventShape: {
            /**
             * Status
             * @constant
             */
            status: "ok";
            /** Seq */
            seq: number;
            /** Event Id */
            event_id: string | null;
            /** Client Id */
            client_id: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * RoomStatusShape
         * @description As `interview_status_response` says it.
         * @example {
         *       "current_question": {
         *         "question_id": "q1",
         *         "question_text": "Tell us about a system that you changed while it was in use.",
         *         "start_time": 1769847300.123,
         *         "time_limit_s": 180
         *       },
         *       "interview_id": "interview_123",
         *       "participants_count": 2,
         *       "status": "live",
         *       "uptime": 312.5
         *     }
         */
        RoomStatusShape: {
            /** Interview Id */
            interview_id: string | number;
            /**
             * Status
             * @enum {string}
             */
            status: "scheduled" | "waiting" | "live" | "paused" | "ended" | "stopped";
            /** Participants Count */
            participants_count: number;
            current_question: components["schemas"]["CurrentQuestionShape"] | null;
            /**
             * Uptime
             * @description Seconds that it has been running, pauses left out
             */
            uptime: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * RowErrorShape
         * @description `row` counts from 1, without the header.
         */
        RowErrorShape: {
            /** Row */
            row: number;
            /** Field */
            field: string;
            /** Message */
            message: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * RubricBody
         * @description A rubric: texts in at least one of `en`, `ko`, `zh`.
         * @example {
         *       "criteria": [
         *         {
         *           "criterion_id": "patient_safety",
         *           "description": {
         *             "en": "Puts the safety of patients before speed.",
         *             "ko": "속도보다 환자의 안전을 앞세운다."
         *           },
         *           "keywords": [
         *             "double check",
         *             "allergy",
         *             "이중 확인"
         *           ],
         *           "levels": [
         *             {
         *               "en": "Describes skipping a check and defends it.",
         *               "ko": "점검을 건너뛴 일을 말하고 그것을 옹호한다."
         *             },
         *             {
         *               "en": "Says that safety matters, without an example.",
         *               "ko": "안전이 중요하다고 말하지만 사례가 없다."
         *             },
         *             {
         *               "en": "Describes a check that was carried out.",
         *               "ko": "실제로 수행한 점검을 설명한다."
         *             },
         *             {
         *               "en": "Describes a risk that was seen, stopped and reported.",
         *               "ko": "위험을 발견해 멈추고 보고한 일을 말한다."
         *             },
         *             {
         *               "en": "Describes how a risk was removed for good.",
         *               "ko": "위험을 근본적으로 없앤 일을 말한다."
         *             }
         *           ],
         *           "name": {
         *             "en": "Patient safety",
         *             "ko": "환자 안전"
         *           },
         *           "weight": 2
         *         }
         *       ],
         *       "title": "Ward nurses"
         *     }
         */
        RubricBody: {
            /** Title */
            title: string;
            /** Criteria */
            criteria: components["schemas"]["vivavoce__http__shapes__rubrics__CriterionBody"][];
        };
        /** RubricShape */
        RubricShape: {
            /** Rubric Id */
            rubric_id: string;
            /** Version */
            version: string;
            /** Title */
            title: string;
            /** Languages */
            languages: string[];
            /** Criteria */
            criteria: {
                [key: string]: unknown;
            }[];
            /** Built In */
            built_in: boolean;
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string | null;
            /** Updated By */
            updated_by: string;
            /** Updated At */
            updated_at: string | null;
        } & {
            [key: string]: unknown;
        };
        /** RubricsShape */
        RubricsShape: {
            /** Items */
            items: components["schemas"]["RubricShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** SaidShape */
        SaidShape: {
            /**
             * Role
             * @enum {string}
             */
            role: "interviewer" | "candidate";
            /** Text */
            text: string;
            /** At */
            at: string;
            /** At S */
            at_s: number;
            /** Seq */
            seq: number;
            /** Utterance Id */
            utterance_id: string;
            /** Strategy */
            strategy?: string | null;
            /** Focus Area */
            focus_area?: string | null;
            /** Reason */
            reason?: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ScanShape
         * @description A file that was handed in. Once its status is `read`, its answers are the submission of the id `scan_id`.
         *
         *     `answers_read` of `answers` are read so far. `pages` are the quality of its pages' pictures (0 to 1),
         *     `missing_pages` those of the sheet that the file has not; `poor` answers are hard to read and go to a person. One
         *     that `failed` says why in `error`, and may be handed in again.
         */
        ScanShape: {
            /** Scan Id */
            scan_id: string;
            /** Exam Id */
            exam_id: string;
            /** Student Id */
            student_id: string;
            /** Student Name */
            student_name: string;
            /** Class Id */
            class_id: string;
            /** File Name */
            file_name: string;
            /**
             * Status
             * @enum {string}
             */
            status: "waiting" | "reading" | "read" | "failed";
            /** Answers */
            answers: number;
            /** Answers Read */
            answers_read: number;
            /** Pages */
            pages: number[];
            /** Missing Pages */
            missing_pages: number[];
            /**
             * Overall Quality
             * @description That of the answer that was hardest to read, 0 to 1
             */
            overall_quality: number | null;
            /** Poor */
            poor: number;
            error: components["schemas"]["ErrorShape"] | null;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /** ScansShape */
        ScansShape: {
            /** Items */
            items: components["schemas"]["ScanShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** SeedBody */
        SeedBody: {
            /**
             * Chosen
             * @default true
             */
            chosen?: boolean;
        };
        /**
         * SessionShape
         * @example {
         *       "answered": 0,
         *       "candidate_name": "Alex Park",
         *       "competencies": [
         *         "technical_depth",
         *         "problem_solving",
         *         "teamwork"
         *       ],
         *       "connected": false,
         *       "created_at": "2026-01-31T08:15:00.123Z",
         *       "created_by": "user_1",
         *       "duration_minutes": 30,
         *       "elapsed_s": 0,
         *       "epoch": "5f3a",
         *       "evaluation_visibility": "sealed",
         *       "interview_style": "friendly",
         *       "job_description": "You build and run our payment services.",
         *       "kind": "dialogue",
         *       "language": "en",
         *       "last_seq": 2,
         *       "my_role": "recruiter",
         *       "remaining_s": 1800,
         *       "report": "none",
         *       "report_url": "/api/v1/sessions/0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f/report",
         *       "resume": "",
         *       "role": "Backend engineer",
         *       "session_id": "0195f3c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f",
         *       "status": "scheduled",
         *       "title": "Backend engineer, first round"
         *     }
         */
        SessionShape: {
            /** Session Id */
            session_id: string;
            /** Kind */
            kind: string;
            /** Title */
            title: string;
            /**
             * Status
             * @enum {string}
             */
            status: "scheduled" | "waiting" | "live" | "paused" | "ended" | "stopped";
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            /** Role */
            role: string;
            /**
             * Interview Style
             * @enum {string}
             */
            interview_style: "formal" | "friendly" | "technical" | "relaxed";
            /** Competencies */
            competencies: string[];
            /** Duration Minutes */
            duration_minutes: number;
            /** Job Description */
            job_description: string;
            /** Resume */
            resume: string;
            /** Candidate Name */
            candidate_name: string;
            /**
             * Evaluation Visibility
             * @enum {string}
             */
            evaluation_visibility: "sealed" | "live";
            /** Created By */
            created_by: string;
            /** Created At */
            created_at: string;
            /** Started At */
            started_at: string | null;
            /** Ended At */
            ended_at: string | null;
            /** End Reason */
            end_reason: string | null;
            /** Elapsed S */
            elapsed_s: number;
            /** Remaining S */
            remaining_s: number;
            /** Answered */
            answered: number;
            /** Last Seq */
            last_seq: number;
            /** Epoch */
            epoch: string;
            /**
             * Report
             * @enum {string}
             */
            report: "none" | "pending" | "ready" | "failed";
            /** Report Url */
            report_url: string | null;
            /**
             * My Role
             * @enum {string}
             */
            my_role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Consent */
            consent: {
                [key: string]: boolean;
            } | null;
            /** Connected */
            connected: boolean;
            /**
             * Scheduled At
             * @description Of a room: when it is to begin
             */
            scheduled_at?: string | null;
            /** @description Of a room: where its questions came from */
            question_set?: components["schemas"]["PinnedSetShape"] | null;
            /** @description Of a panel, for staff: what candidates are judged by */
            rubric?: components["schemas"]["PinnedRubricShape"] | null;
        } & {
            [key: string]: unknown;
        };
        /** SessionsShape */
        SessionsShape: {
            /** Items */
            items: components["schemas"]["SessionShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * ShownMarkShape
         * @description A mark that is shown with a task: to moderators, and the AI's where marking is not blind.
         */
        ShownMarkShape: {
            /** Rater */
            rater: string;
            /** Kind */
            kind: string;
            /** Points */
            points: number | null;
            /** Comment */
            comment: string;
            /** Confidence */
            confidence: number | null;
            /** Rationale */
            rationale: string;
            /** Evidence */
            evidence: components["schemas"]["SpanShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * SignInBody
         * @example {
         *       "email": "minji@example.com",
         *       "password": "correct horse battery"
         *     }
         */
        SignInBody: {
            /** Email */
            email: string;
            /** Password */
            password: string;
        };
        /** SocketFiguresShape */
        SocketFiguresShape: {
            /** Total Connections */
            total_connections: number;
            /** Active Connections */
            active_connections: number;
            /** Messages Sent */
            messages_sent: number;
            /** Messages Received */
            messages_received: number;
            /** Errors Count */
            errors_count: number;
            /** Uptime Seconds */
            uptime_seconds: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * SocketHealthShape
         * @description `degraded` where a figure is out of the ordinary; `anomalies` names them.
         */
        SocketHealthShape: {
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "degraded";
            /** Anomalies */
            anomalies: string[];
            /** Connections */
            connections: number;
            /** Uptime Seconds */
            uptime_seconds: number;
        } & {
            [key: string]: unknown;
        };
        /** SocketHistoryShape */
        SocketHistoryShape: {
            /** Items */
            items: components["schemas"]["SocketSampleShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * SocketMessageBody
         * @example {
         *       "message": "The server restarts in five minutes.",
         *       "type": "notice"
         *     }
         */
        SocketMessageBody: {
            /** Message */
            message: string;
            /**
             * Type
             * @default notice
             */
            type?: string;
        };
        /** SocketMetricsShape */
        SocketMetricsShape: {
            /** Connections */
            connections: number;
            /** Total Connections */
            total_connections: number;
            /** Messages Sent */
            messages_sent: number;
            /** Messages Received */
            messages_received: number;
            /** Errors Count */
            errors_count: number;
            /**
             * Queued Bytes
             * @description What waits for slow readers
             */
            queued_bytes: number;
            /**
             * Loop Delay Ms
             * @description How long the event loop made somebody wait at most
             */
            loop_delay_ms: number;
            /**
             * Pool Percent
             * @description How many of the connections there may be are taken
             */
            pool_percent: number;
            /** Cpu Percent */
            cpu_percent: number | null;
            /** Memory Percent */
            memory_percent: number | null;
            /** Disk Percent */
            disk_percent: number | null;
            /** Uptime Seconds */
            uptime_seconds: number;
            /**
             * Anomalies
             * @description The figures that are out of the ordinary
             */
            anomalies: string[];
        } & {
            [key: string]: unknown;
        };
        /** SocketSampleShape */
        SocketSampleShape: {
            /** Connections */
            connections: number;
            /** Total Connections */
            total_connections: number;
            /** Messages Sent */
            messages_sent: number;
            /** Messages Received */
            messages_received: number;
            /** Errors Count */
            errors_count: number;
            /**
             * Queued Bytes
             * @description What waits for slow readers
             */
            queued_bytes: number;
            /**
             * Loop Delay Ms
             * @description How long the event loop made somebody wait at most
             */
            loop_delay_ms: number;
            /**
             * Pool Percent
             * @description How many of the connections there may be are taken
             */
            pool_percent: number;
            /** Cpu Percent */
            cpu_percent: number | null;
            /** Memory Percent */
            memory_percent: number | null;
            /** Disk Percent */
            disk_percent: number | null;
            /** At */
            at: string;
        } & {
            [key: string]: unknown;
        };
        /** SocketSessionShape */
        SocketSessionShape: {
            /**
             * Success
             * @constant
             */
            success: true;
            data: components["schemas"]["ConnectedSessionShape"];
        } & {
            [key: string]: unknown;
        };
        /** SocketSessionsShape */
        SocketSessionsShape: {
            /**
             * Success
             * @constant
             */
            success: true;
            /** Data */
            data: components["schemas"]["ConnectedSessionShape"][];
        } & {
            [key: string]: unknown;
        };
        /** SocketStatsData */
        SocketStatsData: {
            websocket_stats: components["schemas"]["SocketFiguresShape"];
            /** Active Sessions */
            active_sessions: components["schemas"]["ConnectedSessionShape"][];
        } & {
            [key: string]: unknown;
        };
        /** SocketStatsShape */
        SocketStatsShape: {
            /**
             * Success
             * @constant
             */
            success: true;
            data: components["schemas"]["SocketStatsData"];
        } & {
            [key: string]: unknown;
        };
        /**
         * SpanShape
         * @description Words of the response, at the code points [`start`, `end`) of its text.
         */
        SpanShape: {
            /**
             * Quote
             * @default
             */
            quote?: string;
            /**
             * Start
             * @default 0
             */
            start?: number;
            /**
             * End
             * @default 0
             */
            end?: number;
            /**
             * Point Id
             * @default
             */
            point_id?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * SpokenShape
         * @description Something the caller said aloud.
         */
        SpokenShape: {
            /** Utterance Id */
            utterance_id: string;
            /** Text */
            text: string;
            /** In Answer To */
            in_answer_to: string;
            /** Confidence */
            confidence: number | null;
            audio: components["schemas"]["AudioPlaceShape"];
            flag: components["schemas"]["FlagShape"] | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * StampShape
         * @description What graded: engine, model, versions; `marks` is on how many human marks a learning grader stood.
         */
        StampShape: {
            /**
             * Engine
             * @default
             */
            engine?: string;
            /**
             * Version
             * @default
             */
            version?: string;
            /**
             * Model
             * @default
             */
            model?: string;
            /**
             * Prompt Version
             * @default
             */
            prompt_version?: string;
            /**
             * Scheme Version
             * @default
             */
            scheme_version?: string;
            /**
             * Marks
             * @default 0
             */
            marks?: number;
            /**
             * Fit
             * @default
             */
            fit?: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * StopBody
         * @example {
         *       "reason": "The candidate feels unwell."
         *     }
         */
        StopBody: {
            /**
             * Reason
             * @default
             */
            reason?: string;
        };
        /** StoredAudioShape */
        StoredAudioShape: {
            /** Recording Id */
            recording_id: string;
            /** Bytes */
            bytes: number;
            /** Seq */
            seq: number;
            /**
             * Status
             * @constant
             */
            status: "processing";
            /** Client Id */
            client_id: string | null;
        } & {
            [key: string]: unknown;
        };
        /** StoredStudentsShape */
        StoredStudentsShape: {
            /** Stored */
            stored: number;
        } & {
            [key: string]: unknown;
        };
        /** StudentBody */
        StudentBody: {
            /** Student Id */
            student_id: string;
            /**
             * Name
             * @default
             */
            name?: string;
            /**
             * Class Id
             * @default
             */
            class_id?: string;
        };
        /** StudentReceiptShape */
        StudentReceiptShape: {
            /** Student Id */
            student_id: string;
            /** Erased At */
            erased_at: string;
            /** By */
            by: string;
            /** Submissions */
            submissions: number;
            /** Events */
            events: number;
            /** Digest */
            digest: string;
        } & {
            [key: string]: unknown;
        };
        /** StudentShape */
        StudentShape: {
            /** Student Id */
            student_id: string;
            /** Name */
            name: string;
            /** Class Id */
            class_id: string;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /** StudentsBody */
        StudentsBody: {
            /** Students */
            students: components["schemas"]["StudentBody"][];
        };
        /** StudentsShape */
        StudentsShape: {
            /** Items */
            items: components["schemas"]["StudentShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /**
         * SubmissionItemBody
         * @description A student's answers by question: a text, a number, true or false, or a list (options ticked, gaps filled).
         */
        SubmissionItemBody: {
            /**
             * Submission Id
             * @default
             */
            submission_id?: string;
            /** Student Id */
            student_id: string;
            /**
             * Student Name
             * @default
             */
            student_name?: string;
            /**
             * Class Id
             * @default
             */
            class_id?: string;
            /** Answers */
            answers?: {
                [key: string]: unknown;
            };
        };
        /** SubmissionLineShape */
        SubmissionLineShape: {
            /** Submission Id */
            submission_id: string;
            /** Exam Id */
            exam_id: string;
            /** Student Id */
            student_id: string;
            /** Student Name */
            student_name: string;
            /** Class Id */
            class_id: string;
            /** Source */
            source: string;
            /** Overall Quality */
            overall_quality: number | null;
            /** Responses */
            responses: number;
            /** Marked */
            marked: number;
            /** Points */
            points: number;
            /** Created At */
            created_at: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * SubmissionShape
         * @description A submission in full, for staff.
         */
        SubmissionShape: {
            /** Exam Id */
            exam_id: string;
            /** Exam Title */
            exam_title: string;
            /** Submission Id */
            submission_id: string;
            /** Student Id */
            student_id: string;
            /** Student Name */
            student_name: string;
            /** Class Id */
            class_id: string;
            /** Overall Quality */
            overall_quality: number | null;
            /** Created At */
            created_at: string;
            /** Points */
            points: number;
            /** Max Points */
            max_points: number;
            /** Marked */
            marked: number;
            /** Responses */
            responses: components["schemas"]["ExamResponseShape"][];
        } & {
            [key: string]: unknown;
        };
        /**
         * SubmissionsBody
         * @description `preview` stores nothing; `all` stores everything or, where a row has a mistake, nothing; `valid` stores the rows
         *     without mistakes.
         * @example {
         *       "submissions": [
         *         {
         *           "answers": {
         *             "q1": "It is less dense.",
         *             "q2": [
         *               "A"
         *             ]
         *           },
         *           "student_id": "s1"
         *         }
         *       ]
         *     }
         */
        SubmissionsBody: {
            /** Submissions */
            submissions: components["schemas"]["SubmissionItemBody"][];
            /**
             * Mode
             * @default all
             * @enum {string}
             */
            mode?: "preview" | "all" | "valid";
        };
        /** SubmissionsShape */
        SubmissionsShape: {
            /** Items */
            items: components["schemas"]["SubmissionLineShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** TaskLineShape */
        TaskLineShape: {
            /** Task Id */
            task_id: string;
            /** Response Id */
            response_id: string;
            /** Question Id */
            question_id: string;
            /** Kind */
            kind: string;
            /** Status */
            status: string;
            /** Assigned To */
            assigned_to: string;
            /** Lease Until */
            lease_until: string | null;
            /** Created At */
            created_at: string;
            /** Updated At */
            updated_at: string;
        } & {
            [key: string]: unknown;
        };
        /**
         * TaskShape
         * @description A response to be marked. `kind` is `first`, `second` or `moderated`; hidden seed items look like any other.
         */
        TaskShape: {
            /** Task Id */
            task_id: string;
            /** Exam Id */
            exam_id: string;
            /** Question Id */
            question_id: string;
            /** Question Type */
            question_type: string;
            /** Question Text */
            question_text: string;
            /** Response */
            response: string;
            /** Image Url */
            image_url: string | null;
            /** Rubric */
            rubric: components["schemas"]["ExpectedPointBody"][];
            /** Max Points */
            max_points: number;
            /** Step */
            step: number;
            /** Model Answers */
            model_answers: string[];
            /** Guidance */
            guidance: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "first" | "second" | "moderated";
            /** Quality */
            quality: number | null;
            /** Lease Until */
            lease_until: string;
            /** Marks */
            marks: components["schemas"]["ShownMarkShape"][];
        } & {
            [key: string]: unknown;
        };
        /** TasksShape */
        TasksShape: {
            /** Items */
            items: components["schemas"]["TaskLineShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** ThresholdBody */
        ThresholdBody: {
            /** Threshold */
            threshold: number;
        };
        /** ThresholdShape */
        ThresholdShape: {
            /** Metric */
            metric: string;
            /** Threshold */
            threshold: number;
        } & {
            [key: string]: unknown;
        };
        /** ThresholdsShape */
        ThresholdsShape: {
            /** Items */
            items: components["schemas"]["ThresholdShape"][];
        } & {
            [key: string]: unknown;
        };
        /** TicketShape */
        TicketShape: {
            /**
             * Ticket
             * @description For `?ticket=` of a WebSocket, once
             */
            ticket: string;
            /** Expires In */
            expires_in: number;
        } & {
            [key: string]: unknown;
        };
        /**
         * TokensShape
         * @example {
         *       "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl",
         *       "expires_in": 900,
         *       "refresh_token": "k0Jq2gkY0Tt7m8Wb1vVqZ3yq4s5u6w7x8y9zAaBbCcD",
         *       "user": {
         *         "email": "minji@example.com",
         *         "language": "ko",
         *         "name": "Kim Minji",
         *         "role": "recruiter",
         *         "user_id": "user_0195f3c0a1b27c3d8e4f"
         *       }
         *     }
         */
        TokensShape: {
            /** Access Token */
            access_token: string;
            /** Refresh Token */
            refresh_token: string;
            /**
             * Expires In
             * @description Seconds until the access token expires
             */
            expires_in: number;
            user: components["schemas"]["UserShape"];
        } & {
            [key: string]: unknown;
        };
        /** TranscriptShape */
        TranscriptShape: {
            /** Session Id */
            session_id: string;
            /**
             * Language
             * @enum {string}
             */
            language: "en" | "ko" | "zh";
            /** Utterances */
            utterances: components["schemas"]["UtteranceShape"][];
            /** Spoken */
            spoken: components["schemas"]["SpokenShape"][];
            confirmation: components["schemas"]["ConfirmationShape"];
        } & {
            [key: string]: unknown;
        };
        /** TrueFalseKeyBody */
        TrueFalseKeyBody: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "true_false";
            /** Correct */
            correct: boolean;
        };
        /**
         * UserShape
         * @example {
         *       "email": "minji@example.com",
         *       "language": "ko",
         *       "name": "Kim Minji",
         *       "role": "recruiter",
         *       "user_id": "user_0195f3c0a1b27c3d8e4f"
         *     }
         */
        UserShape: {
            /** User Id */
            user_id: string;
            /** Name */
            name: string;
            /** Email */
            email: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "recruiter" | "interviewer" | "observer" | "candidate" | "teacher" | "grader" | "reviewer" | "student";
            /** Language */
            language: string;
        } & {
            [key: string]: unknown;
        };
        /** UsersShape */
        UsersShape: {
            /** Items */
            items: components["schemas"]["AdminUserShape"][];
            /** Next Cursor */
            next_cursor: string | null;
        } & {
            [key: string]: unknown;
        };
        /** UtteranceShape */
        UtteranceShape: {
            /** Utterance Id */
            utterance_id: string;
            /** Speaker */
            speaker: string;
            /** Text */
            text: string;
            /** Start */
            start: number;
            /** End */
            end: number;
            /** Confidence */
            confidence: number | null;
            /** Question Id */
            question_id: string | null;
            /** In Answer To */
            in_answer_to: string;
            /** Competency */
            competency: string;
            /** Audio */
            audio: components["schemas"]["AudioSpanShape"][];
            /** Disputes */
            disputes: components["schemas"]["DisputeShape"][];
        } & {
            [key: string]: unknown;
        };
        /** VoiceShape */
        VoiceShape: {
            /**
             * State
             * @enum {string}
             */
            state: "ready" | "fetching" | "off";
            /**
             * Fetched
             * @description Share of the models that is there while they are fetched, 0 to 1
             */
            fetched: number | null;
        } & {
            [key: string]: unknown;
        };
        /** CriterionBody */
        vivavoce__http__shapes__question_sets__CriterionBody: {
            /** Name */
            name: string;
            /**
             * Description
             * @default
             */
            description?: string;
            /**
             * Weight
             * @default 1
             */
            weight?: number;
        };
        /** CriterionBody */
        vivavoce__http__shapes__rubrics__CriterionBody: {
            /** Criterion Id */
            criterion_id: string;
            name: components["schemas"]["LocalisedBody"];
            description?: components["schemas"]["LocalisedBody"];
            /**
             * Levels
             * @description The anchors of level 1 to 5
             */
            levels: components["schemas"]["LocalisedBody"][];
            /**
             * Weight
             * @default 1
             */
            weight?: number;
            /** Keywords */
            keywords?: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
