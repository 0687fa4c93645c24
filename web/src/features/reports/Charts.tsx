import type { EChartsCoreOption } from "echarts/core";
import { useCallback } from "react";
import type { Report, Strategy } from "@/api/types";
import { clockText, type Format, LOCALES, type Translate, useFormat, useText } from "@/ui/text";
import { Chart, type Palette } from "./Chart";
import { scored } from "./model";
import css from "./Report.module.css";

const SYMBOLS: Record<Strategy, string> = {
  opening: "emptyCircle",
  deep_dive: "circle",
  clarify: "triangle",
  challenge: "diamond",
  pivot: "arrow",
  encourage: "roundRect",
  wrap_up: "emptyRect",
};
const STRATEGIES = Object.keys(SYMBOLS) as Strategy[];
const LEAST_AXES = 3;

const narrowName = (name: string, width: number) => {
  const most = width < 480 ? 12 : 18;
  return Array.from(name).length > most ? `${Array.from(name).slice(0, most).join("")}…` : name;
};

function radarOption(report: Report, name: string, palette: Palette, width: number): EChartsCoreOption {
  const criteria = scored(report.scorecard.criteria);
  return {
    textStyle: { fontFamily: palette.font },
    tooltip: { backgroundColor: palette.surface, borderColor: palette.line, textStyle: { color: palette.ink } },
    radar: {
      indicator: criteria.map((item) => ({ name: narrowName(item.name, width), min: 0, max: 5 })),
      radius: width < 480 ? "56%" : "70%",
      splitNumber: 5,
      axisName: { color: palette.ink, fontSize: 12 },
      splitLine: { lineStyle: { color: palette.line } },
      axisLine: { lineStyle: { color: palette.line } },
      splitArea: { show: false },
    },
    series: [
      {
        type: "radar",
        symbolSize: 7,
        lineStyle: { color: palette.accent, width: 2.5 },
        itemStyle: { color: palette.accent },
        areaStyle: { color: palette.accent, opacity: 0.14 },
        data: [{ name, value: criteria.map((item) => item.score) }],
      },
    ],
  };
}

export function RadarChart({ report }: { report: Report }) {
  const t = useText();
  const format = useFormat();
  const criteria = scored(report.scorecard.criteria);
  const label = t("report.radar_label", {
    scores: criteria.map((item) => `${item.name} ${format.number(item.score ?? 0, 1)}`).join(", "),
  });
  const option = useCallback(
    (palette: Palette, width: number) => radarOption(report, t("report.score"), palette, width),
    [report, t],
  );
  if (criteria.length < LEAST_AXES) return <p className={css.faint}>{t("report.radar_few")}</p>;
  return (
    <Chart
      label={label}
      height={360}
      option={option}
      table={
        <table className={css.table} lang={LOCALES[report.language]}>
          <thead>
            <tr>
              <th scope="col">{t("report.competency")}</th>
              <th scope="col">{t("report.score")}</th>
            </tr>
          </thead>
          <tbody>
            {report.scorecard.criteria.map((item) => (
              <tr key={item.criterion_id}>
                <th scope="row">{item.name}</th>
                <td>{item.score === null ? t("report.insufficient") : format.number(item.score, 1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}

interface Band {
  name: string;
  from: number;
  to: number;
}

/** Stretches of the interview with the same focus area. */
export function bands(timeline: Report["timeline"], end: number, names: Map<string, string>): Band[] {
  const found: Band[] = [];
  timeline.forEach((point, index) => {
    if (point.focus_area === "") return;
    const to = timeline[index + 1]?.at_s ?? end;
    const last = found.at(-1);
    const name = names.get(point.focus_area) ?? point.focus_area;
    if (last !== undefined && last.name === name && last.to === point.at_s) last.to = to;
    else found.push({ name, from: point.at_s, to });
  });
  return found;
}

interface TimelineTexts {
  t: Translate;
  format: Format;
  names: Map<string, string>;
}

function timelineOption(report: Report, { t, format, names }: TimelineTexts, palette: Palette, width: number): EChartsCoreOption {
  const judged = report.timeline.filter((point) => point.answer_quality !== null);
  const strategies = STRATEGIES.filter((strategy) => judged.some((point) => point.strategy === strategy));
  const shown = bands(report.timeline, report.summary.duration_s, names);
  return {
    textStyle: { fontFamily: palette.font },
    grid: { left: 48, right: 16, top: 34, bottom: width < 520 ? 96 : 72 },
    legend: {
      bottom: 0,
      selectedMode: false,
      itemGap: 16,
      itemWidth: 12,
      itemHeight: 12,
      textStyle: { color: palette.ink, fontSize: 12 },
      data: strategies.map((strategy) => t(`strategy.${strategy}`)),
    },
    tooltip: {
      trigger: "item",
      confine: true,
      backgroundColor: palette.surface,
      borderColor: palette.line,
      textStyle: { color: palette.ink, fontSize: 12 },
      formatter: (item: { data?: { tip?: string } }) => item.data?.tip ?? "",
    },
    xAxis: {
      type: "value",
      min: 0,
      max: Math.max(report.summary.duration_s, 60),
      axisLabel: { color: palette.faint, formatter: (value: number) => clockText(value), hideOverlap: true },
      axisLine: { lineStyle: { color: palette.line } },
      splitLine: { show: false },
    },
    yAxis: {
      type: "value",
      min: 0,
      max: 1,
      interval: 0.25,
      axisLabel: { color: palette.faint, formatter: (value: number) => format.percent(value) },
      splitLine: { lineStyle: { color: palette.line } },
    },
    series: [
      {
        type: "line",
        silent: true,
        symbol: "none",
        lineStyle: { color: palette.accent, width: 1.5, opacity: 0.55 },
        data: judged.map((point) => [point.at_s, point.answer_quality]),
        markArea: {
          silent: true,
          label: { color: palette.faint, fontSize: 11, position: "top", overflow: "truncate" },
          data: shown.map((band, index) => [
            {
              xAxis: band.from,
              name: width * ((band.to - band.from) / report.summary.duration_s) > 64 ? narrowName(band.name, 0) : "",
              itemStyle: { color: palette.sunken, opacity: index % 2 === 0 ? 0.75 : 0.2 },
            },
            { xAxis: band.to },
          ]),
        },
      },
      ...strategies.map((strategy) => ({
        type: "scatter",
        name: t(`strategy.${strategy}`),
        symbol: SYMBOLS[strategy],
        symbolSize: 12,
        itemStyle: { color: palette.accent, borderColor: palette.accent, borderWidth: 1 },
        data: judged
          .filter((point) => point.strategy === strategy)
          .map((point) => ({
            value: [point.at_s, point.answer_quality],
            tip: [
              `${clockText(point.at_s)} · ${t(`strategy.${strategy}`)}`,
              names.get(point.focus_area) ?? "",
              t("report.quality_of", { quality: format.percent(point.answer_quality ?? 0) }),
            ]
              .filter(Boolean)
              .join("\n"),
          })),
      })),
    ],
  };
}

export function TimelineChart({ report }: { report: Report }) {
  const t = useText();
  const format = useFormat();
  const option = useCallback(
    (palette: Palette, width: number) => {
      const names = new Map(report.rubric.criteria.map((item) => [item.criterion_id, item.name]));
      return timelineOption(report, { t, format, names }, palette, width);
    },
    [report, t, format],
  );
  const names = new Map(report.rubric.criteria.map((item) => [item.criterion_id, item.name]));
  if (report.timeline.length === 0) return <p className={css.faint}>{t("report.timeline_empty")}</p>;
  return (
    <Chart
      label={t("report.timeline_label")}
      height={320}
      option={option}
      table={
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{t("report.time")}</th>
              <th scope="col">{t("report.strategy")}</th>
              <th scope="col">{t("report.focus")}</th>
              <th scope="col">{t("report.words")}</th>
              <th scope="col">{t("report.quality")}</th>
            </tr>
          </thead>
          <tbody>
            {report.timeline.map((point) => (
              <tr key={`${point.at_s}:${point.question_id}`}>
                <td>{clockText(point.at_s)}</td>
                <td>{point.strategy === "" ? "–" : t(`strategy.${point.strategy}`)}</td>
                <td lang={LOCALES[report.language]}>{names.get(point.focus_area) ?? (point.focus_area || "–")}</td>
                <td>{point.answer_words}</td>
                <td>{point.answer_quality === null ? "–" : format.percent(point.answer_quality)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}
