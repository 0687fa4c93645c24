import { TextInput } from "@mantine/core";
import { useId } from "react";
import { useFormat } from "@/ui/text";
import css from "./Grading.module.css";
import { digitsOf } from "@/ui/points";
import { stepsOf } from "./words";

export interface PointsFieldProps {
  label: string;
  maximum: number;
  step: number;
  value: number | null;
  onChange: (points: number) => void;
}

/** The points a response gets: one key or one tap where there are few to choose from. */
export function PointsField({ label, maximum, step, value, onChange }: PointsFieldProps) {
  const name = useId();
  const format = useFormat();
  const steps = stepsOf(maximum, step);
  if (steps === null) {
    return (
      <TextInput
        type="number"
        label={label}
        min={0}
        max={maximum}
        step={step}
        value={value ?? ""}
        onChange={(event) => {
          const points = Number(event.currentTarget.value);
          if (event.currentTarget.value !== "" && points >= 0 && points <= maximum) onChange(points);
        }}
      />
    );
  }
  return (
    <fieldset className={css.points}>
      <legend>{label}</legend>
      {steps.map((points) => (
        <label key={points}>
          <input type="radio" name={name} value={points} checked={value === points} onChange={() => onChange(points)} />
          <span>{format.number(points, digitsOf(points))}</span>
        </label>
      ))}
    </fieldset>
  );
}
