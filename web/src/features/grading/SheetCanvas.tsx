import { type KeyboardEvent, type PointerEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import type { SheetBox, SheetPlace } from "@/api/exams";
import { useFormat, useText } from "@/ui/text";
import css from "./Sheet.module.css";
import { A4, drawnBox, type How, withBox, withBubble } from "./sheetPlaces";

const STEP = 0.005;
const DIRECTIONS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

interface RectangleProps {
  frame: RefObject<HTMLDivElement | null>;
  place: SheetPlace;
  box: SheetBox;
  /** The page's width over its height. */
  ratio: number;
  label: string;
  text: string;
  round?: boolean;
  chosen: boolean;
  onChoose: () => void;
  apply: (place: SheetPlace, how: How, dx: number, dy: number) => void;
  onRemove?: () => void;
}

/** Never smaller than a finger can hit, whatever is drawn in it. */
const TARGET = "1.5rem";

/** A rectangle that is moved and resized by pointer or keys. A change by pointer counts from where it began. */
function Rectangle({ frame, place, box, ratio, label, text, round = false, chosen, onChoose, apply, onRemove }: RectangleProps) {
  const begun = useRef<{ x: number; y: number; how: How; place: SheetPlace } | null>(null);
  const down = (event: PointerEvent<HTMLButtonElement>) => {
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    const how = (event.target as HTMLElement).dataset["handle"] === "true" ? "resize" : "move";
    begun.current = { x: event.clientX, y: event.clientY, how, place };
    onChoose();
  };
  const move = (event: PointerEvent) => {
    const page = frame.current?.getBoundingClientRect();
    if (begun.current === null || page === undefined) return;
    const { x, y, how, place: from } = begun.current;
    apply(from, how, (event.clientX - x) / page.width, (event.clientY - y) / page.height);
  };
  const press = (event: KeyboardEvent) => {
    const direction = DIRECTIONS[event.key];
    if (direction !== undefined) {
      event.preventDefault();
      apply(place, event.shiftKey ? "resize" : "move", direction[0], direction[1]);
    } else if ((event.key === "Delete" || event.key === "Backspace") && onRemove !== undefined) {
      event.preventDefault();
      onRemove();
    }
  };
  const end = () => {
    begun.current = null;
  };
  const width = `${(box.right - box.left) * 100}cqw`;
  const height = `${((box.bottom - box.top) * 100) / ratio}cqw`;
  return (
    <button
      type="button"
      className={css.rectangle}
      data-round={round}
      data-chosen={chosen}
      aria-label={label}
      aria-describedby="sheet-keys"
      style={{
        left: `${(box.left + box.right) * 50}%`,
        top: `${(box.top + box.bottom) * 50}%`,
        width: `max(${width}, ${TARGET})`,
        height: `max(${height}, ${TARGET})`,
      }}
      onFocus={onChoose}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={end}
      onKeyDown={press}
    >
      <span className={css.shape} style={{ width, height }}>
        <span className={css.name}>{text}</span>
        {chosen && <span className={css.handle} data-handle="true" />}
      </span>
    </button>
  );
}

export interface SheetCanvasProps {
  picture: Blob | null;
  page: number;
  places: Readonly<Record<string, SheetPlace | null>>;
  chosen: string | null;
  onChoose: (questionId: string) => void;
  onChange: (questionId: string, place: SheetPlace | null) => void;
  /** A rectangle was drawn for the chosen question. */
  onDraw: (box: SheetBox) => void;
  onRatio: (ratio: number) => void;
  children?: ReactNode;
}

/** A page with the places of its questions on it. */
export function SheetCanvas({ picture, page, places, chosen, onChoose, onChange, onDraw, onRatio, children }: SheetCanvasProps) {
  const t = useText();
  const format = useFormat();
  const frame = useRef<HTMLDivElement>(null);
  const image = useRef<HTMLImageElement>(null);
  const [ratio, setRatio] = useState(A4);
  const [drawing, setDrawing] = useState<{ ax: number; ay: number; bx: number; by: number } | null>(null);
  useEffect(() => {
    if (picture === null) return undefined;
    const url = URL.createObjectURL(picture);
    if (image.current !== null) image.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, [picture]);

  const at = (event: PointerEvent): readonly [number, number] => {
    const area = frame.current?.getBoundingClientRect();
    if (area === undefined) return [0, 0];
    return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
  };
  const begin = (event: PointerEvent<HTMLDivElement>) => {
    if (chosen === null || event.target !== frame.current || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const [x, y] = at(event);
    setDrawing({ ax: x, ay: y, bx: x, by: y });
  };
  const draw = (event: PointerEvent) => {
    if (drawing === null) return;
    const [bx, by] = at(event);
    setDrawing({ ...drawing, bx, by });
  };
  const finish = () => {
    if (drawing === null) return;
    const box = drawnBox(drawing.ax, drawing.ay, drawing.bx, drawing.by);
    setDrawing(null);
    if (box !== null) onDraw(box);
  };
  const where = (box: SheetBox) => ({
    left: format.percent(box.left),
    top: format.percent(box.top),
    width: format.percent(box.right - box.left),
    height: format.percent(box.bottom - box.top),
  });
  const ghost = drawing === null ? null : drawnBox(drawing.ax, drawing.ay, drawing.bx, drawing.by);
  const here = Object.entries(places).flatMap(([id, place]) => (place?.page === page ? [{ id, place }] : []));
  return (
    <div
      ref={frame}
      className={css.page}
      role="group"
      aria-label={t("sheet.page_named", { page })}
      data-drawing={chosen !== null && (places[chosen] ?? null) === null}
      style={{ aspectRatio: ratio }}
      onPointerDown={begin}
      onPointerMove={draw}
      onPointerUp={finish}
      onPointerCancel={() => setDrawing(null)}
    >
      {picture !== null && (
        <img
          ref={image}
          alt=""
          draggable={false}
          onLoad={(event) => {
            const { naturalWidth, naturalHeight } = event.currentTarget;
            const next = naturalWidth / Math.max(1, naturalHeight);
            setRatio(next);
            onRatio(next);
          }}
        />
      )}
      {here.map(({ id, place }) => (
        <div key={id} className={css.layer}>
          <Rectangle
            frame={frame}
            place={place}
            box={place.box}
            ratio={ratio}
            label={t("sheet.box_label", { question: id, ...where(place.box) })}
            text={id}
            chosen={chosen === id}
            onChoose={() => onChoose(id)}
            apply={(from, how, dx, dy) => onChange(id, withBox(from, how, dx, dy))}
            onRemove={() => onChange(id, null)}
          />
          {place.bubbles.map((bubble) => (
            <Rectangle
              key={bubble.option_id}
              frame={frame}
              place={place}
              box={bubble.box}
              ratio={ratio}
              label={t("sheet.bubble_label", { question: id, option: bubble.option_id, ...where(bubble.box) })}
              text={bubble.option_id.slice(0, 1).toUpperCase()}
              round
              chosen={chosen === id}
              onChoose={() => onChoose(id)}
              apply={(from, how, dx, dy) => onChange(id, withBubble(from, bubble.option_id, how, dx, dy))}
            />
          ))}
        </div>
      ))}
      {ghost !== null && (
        <span
          className={css.ghost}
          style={{
            left: `${ghost.left * 100}%`,
            top: `${ghost.top * 100}%`,
            width: `${(ghost.right - ghost.left) * 100}%`,
            height: `${(ghost.bottom - ghost.top) * 100}%`,
          }}
        />
      )}
      {children}
    </div>
  );
}
